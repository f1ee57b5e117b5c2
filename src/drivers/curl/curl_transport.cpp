#include "drivers/curl/curl_transport.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "base/text.hpp"

namespace drover::curl {
namespace {

// A host that does not take a connection in this time is not there; the deadline of the exchange may be much later.
constexpr long connect_timeout_ms = 30'000;
// A poll is cut into pieces of this length, so that a clock that was set is noticed.
constexpr int poll_ms_max = 60'000;

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One request on its way, and what has come back so far. curl holds pointers into it, so it never moves.
struct Exchange {
  ExchangeId id;
  http::Request request;
  Instant deadline;
  BodySink* sink = nullptr;
  std::size_t body_bytes_max = 0;
  CURL* easy = nullptr;
  std::unique_ptr<curl_slist, SlistDeleter> header_list;
  std::unique_ptr<curl_slist, SlistDeleter> connect_list;
  http::Response response;
  bool sink_stopped = false;
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> error_text{};

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { curl_easy_cleanup(easy); }

  /// "GET https://host/path": without the query, which may hold a signature.
  std::string what() const { return request.method + " " + request.url.substr(0, request.url.find('?')); }
};

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line = trim({data, size * count});
  // Each answer on the way (100 Continue) begins anew; the last one counts.
  if (line.starts_with("HTTP/"))
    exchange.response.headers = {};
  else if (const auto colon = line.find(':'); colon != std::string_view::npos)
    exchange.response.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  return size * count;
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view bytes{data, size * count};
  long status = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
  if (exchange.sink && status >= 200 && status < 300) {
    if (exchange.sink->write(bytes)) return bytes.size();
    exchange.sink_stopped = true;
    return CURL_WRITEFUNC_ERROR;
  }
  if (exchange.response.body.size() + bytes.size() > exchange.body_bytes_max) {
    exchange.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  exchange.response.body += bytes;
  return bytes.size();
}

bool has_line_break(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

bool is_sendable(const http::Request& request) {
  if (request.method.empty() || has_line_break(request.method) || has_line_break(request.url)) return false;
  if (!http::parse_url(request.url)) return false;
  return std::ranges::none_of(request.headers, [](const auto& field) {
    return field.first.empty() || has_line_break(field.first) || has_line_break(field.second);
  });
}

void set_headers(Exchange& exchange) {
  curl_slist* list = nullptr;
  // curl would add these two by itself.
  for (const char* unwanted : {"Expect", "Content-Type"})
    if (!exchange.request.headers.has(unwanted)) list = curl_slist_append(list, (std::string(unwanted) + ":").c_str());
  for (const auto& [name, value] : exchange.request.headers) {
    if (equals_ignore_case(name, "Content-Length")) continue;  // curl counts the body itself
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    list = curl_slist_append(list, line.c_str());
  }
  exchange.header_list.reset(list);
  curl_easy_setopt(exchange.easy, CURLOPT_HTTPHEADER, list);
}

void set_method_and_body(Exchange& exchange) {
  const http::Request& request = exchange.request;
  const bool may_carry_body = request.method == "PUT" || request.method == "POST" || request.method == "PATCH";
  if (request.method == "HEAD") {
    curl_easy_setopt(exchange.easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (may_carry_body || !request.body.empty()) {
    curl_easy_setopt(exchange.easy, CURLOPT_POST, 1L);
    curl_easy_setopt(exchange.easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(exchange.easy, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    curl_easy_setopt(exchange.easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(exchange.easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_connection(Exchange& exchange, const CurlOptions& options) {
  CURL* easy = exchange.easy;
  curl_easy_setopt(easy, CURLOPT_URL, exchange.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);  // a signature covers the path as it was written
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  // An empty proxy keeps curl from looking into the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

void set_pem(CURL* easy, CURLoption option, const std::string& pem) {
  curl_blob blob{.data = const_cast<char*>(pem.data()), .len = pem.size(), .flags = CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
}

/// Asks `host.server_name` of the server that the URL names: curl takes both from the URL, so that name goes into the
/// URL and the way to it into a list of its own.
void set_server_name(Exchange& exchange, const TlsHost& host, const http::UrlView& url) {
  const std::string port(!url.port.empty() ? url.port : url.scheme == "http" ? "80" : "443");
  const std::string way = host.server_name + ":" + port + ":" + std::string(url.host) + ":" + port;
  exchange.connect_list.reset(curl_slist_append(nullptr, way.c_str()));
  curl_easy_setopt(exchange.easy, CURLOPT_CONNECT_TO, exchange.connect_list.get());
  if (!exchange.request.headers.has("Host")) exchange.request.headers.add("Host", url.authority());
  std::string renamed = exchange.request.url;
  renamed.replace(static_cast<std::size_t>(url.host.data() - exchange.request.url.data()), url.host.size(),
                  host.server_name);
  curl_easy_setopt(exchange.easy, CURLOPT_URL, renamed.c_str());
}

void set_host_options(Exchange& exchange, const TlsHost& host, const http::UrlView& url) {
  CURL* easy = exchange.easy;
  if (!host.authority_pem.empty()) {
    set_pem(easy, CURLOPT_CAINFO_BLOB, host.authority_pem);
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // this authority alone, not the system's as well
  }
  if (!host.certificate_pem.empty()) {
    set_pem(easy, CURLOPT_SSLCERT_BLOB, host.certificate_pem);
    set_pem(easy, CURLOPT_SSLKEY_BLOB, host.key_pem);
  }
  if (host.skip_verify) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!host.proxy.empty()) curl_easy_setopt(easy, CURLOPT_PROXY, host.proxy.c_str());
  if (!host.server_name.empty()) set_server_name(exchange, host, url);
}

void set_callbacks(Exchange& exchange) {
  CURL* easy = exchange.easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.error_text.data());
}

Error error_of(const Exchange& exchange, CURLcode code) {
  const std::string text = exchange.error_text.front() ? exchange.error_text.data() : curl_easy_strerror(code);
  const std::string message = exchange.what() + ": " + text;
  if (exchange.sink_stopped) return {.code = Code::cancelled, .message = exchange.what() + ": the reader stopped"};
  if (exchange.too_large) return {.code = Code::failed, .message = exchange.what() + ": the answer is too large"};
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {.code = Code::invalid_input, .message = message};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return {.code = Code::failed,
              .message = message,
              .hint = code == CURLE_SSL_CERTPROBLEM ? "check the client certificate and that its key belongs to it"
                                                    : "name the authority that signed it with a CA file"};
    default:
      return {.code = Code::unavailable, .message = message};
  }
}

/// curl wants its global state made once in a process, before any thread uses it.
void initialise_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(code);
}

}  // namespace

struct CurlTransport::State {
  CurlOptions options;
  std::map<std::string, TlsHost, std::less<>> hosts;  ///< by authority
  CURLM* multi = nullptr;
  std::uint64_t last_id = 0;
  std::map<ExchangeId, std::unique_ptr<Exchange>> in_flight;
  std::deque<Completion> done;

  ~State() {
    for (auto& [id, exchange] : in_flight) curl_multi_remove_handle(multi, exchange->easy);
    in_flight.clear();
    curl_multi_cleanup(multi);
  }

  void finish(ExchangeId id, Result<http::Response> outcome) {
    const auto it = in_flight.find(id);
    if (it == in_flight.end()) return;
    curl_multi_remove_handle(multi, it->second->easy);
    in_flight.erase(it);
    done.push_back({id, std::move(outcome)});
  }

  // Lets curl read and write what it can without waiting, and collects what ended by that.
  void perform() {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      Exchange* exchange = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
      if (code != CURLE_OK) {
        finish(exchange->id, std::unexpected(error_of(*exchange, code)));
        continue;
      }
      long status = 0;
      curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
      exchange->response.status = static_cast<int>(status);
      http::Response response = std::move(exchange->response);
      finish(exchange->id, std::move(response));
    }
  }

  void expire(Instant now) {
    std::vector<ExchangeId> late;
    for (const auto& [id, exchange] : in_flight)
      if (exchange->deadline <= now) late.push_back(id);
    for (const ExchangeId id : late)
      finish(id, fail(Code::deadline, in_flight.at(id)->what() + ": no answer before the deadline"));
  }

  void wait(Instant now, Instant until) {
    for (const auto& [id, exchange] : in_flight) until = std::min(until, exchange->deadline);
    // Rounded up: a wait that ends a fraction early would spin.
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(std::min(until, now + std::chrono::hours{1}) - now);
    const auto pause_ms = std::clamp<std::int64_t>(pause.count(), 0, poll_ms_max);
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(pause_ms), nullptr);
  }
};

CurlTransport::CurlTransport(const Clock& clock, CurlOptions options)
    : clock_(clock), state_(std::make_unique<State>()) {
  initialise_once();
  state_->options = std::move(options);
  state_->multi = curl_multi_init();
}

CurlTransport::~CurlTransport() = default;

ExchangeId CurlTransport::submit(http::Request request, Instant deadline, BodySink* sink) {
  const ExchangeId id{++state_->last_id};
  auto exchange = std::make_unique<Exchange>();
  exchange->id = id;
  exchange->request = std::move(request);
  exchange->deadline = deadline;
  exchange->sink = sink;
  exchange->body_bytes_max = state_->options.response_bytes_max;
  if (!is_sendable(exchange->request)) {
    state_->done.push_back({id, fail(Code::invalid_input, "not a request that HTTP can carry: " + exchange->what())});
    return id;
  }
  exchange->easy = curl_easy_init();
  set_connection(*exchange, state_->options);
  if (const auto url = http::parse_url(exchange->request.url); !state_->hosts.empty())
    if (const auto host = state_->hosts.find(url->authority()); host != state_->hosts.end())
      set_host_options(*exchange, host->second, *url);
  set_method_and_body(*exchange);
  set_headers(*exchange);
  set_callbacks(*exchange);
  curl_multi_add_handle(state_->multi, exchange->easy);
  state_->in_flight.emplace(id, std::move(exchange));
  return id;
}

void CurlTransport::set_host(std::string authority, TlsHost host) {
  state_->hosts.insert_or_assign(std::move(authority), std::move(host));
}

std::optional<Completion> CurlTransport::next(Instant until) {
  while (true) {
    state_->perform();
    const Instant now = clock_.now();
    state_->expire(now);
    if (!state_->done.empty()) {
      Completion completion = std::move(state_->done.front());
      state_->done.pop_front();
      return completion;
    }
    if (now >= until) return std::nullopt;
    state_->wait(now, until);
  }
}

CurlTransport::Readiness CurlTransport::readiness() {
  fd_set reading, writing, failing;
  FD_ZERO(&reading);
  FD_ZERO(&writing);
  FD_ZERO(&failing);
  int last = -1;
  curl_multi_fdset(state_->multi, &reading, &writing, &failing, &last);
  long timeout_ms = -1;
  curl_multi_timeout(state_->multi, &timeout_ms);
  // Without descriptors it is at something else, such as a name: curl's manual says to look again after 100 ms.
  constexpr long look_ms = 100;
  if (last < 0 && (timeout_ms < 0 || timeout_ms > look_ms)) timeout_ms = look_ms;
  if (timeout_ms < 0 || timeout_ms > poll_ms_max) timeout_ms = poll_ms_max;
  Readiness ready{.at_most = std::chrono::milliseconds(timeout_ms)};
  for (const auto& [id, exchange] : state_->in_flight)
    ready.at_most = std::min(ready.at_most, std::max(exchange->deadline - clock_.now(), Duration{0}));
  for (int descriptor = 0; descriptor <= last; ++descriptor) {
    if (FD_ISSET(descriptor, &reading)) ready.reading.push_back(descriptor);
    if (FD_ISSET(descriptor, &writing)) ready.writing.push_back(descriptor);
  }
  return ready;
}

void CurlTransport::cancel(ExchangeId id) {
  if (const auto it = state_->in_flight.find(id); it != state_->in_flight.end()) {
    curl_multi_remove_handle(state_->multi, it->second->easy);
    state_->in_flight.erase(it);
  }
  std::erase_if(state_->done, [id](const Completion& completion) { return completion.id == id; });
}

}  // namespace drover::curl
