#include "jobs/pod_agent.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace drover::jobs {
namespace {

using nlohmann::json;

/// For Python 3.6 and later, with nothing but its standard library.
constexpr std::string_view agent = R"py(import base64, json, os, select, signal, ssl, stat, sys, tarfile, time
import urllib.error, urllib.parse, urllib.request

HOME = '/tmp/drover'
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'store.json')) as file:
    STORE = json.load(file)
PIECE = 16 << 20      # bytes of one exchange
PERIOD = 30           # seconds between two looks at the outputs, or ten times what the last one took
SETTLED = 2           # a file that was written to so many seconds ago may be half of what it is to be
CONTEXT = ssl.create_default_context(cadata=STORE['ca'] or None) if STORE['url'].startswith('https:') else None


class Refused(OSError):
    """Of this blob, not of all of them."""


def exchange(method, blob, body=None, query='', headers=None):
    address = STORE['url'] + '/' + urllib.parse.quote(blob) + '?' + query + STORE['query']
    for pause in (1, 2, 4, 8, 16, None):
        request = urllib.request.Request(address, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=300, context=CONTEXT) as answer:
                return answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            if pause is None or (error.code < 500 and error.code not in (408, 429)):
                words = '%s %s: %d %s' % (method, blob, error.code, error.reason)
                raise Refused(words) if error.code in (400, 409, 414) else OSError(words)
        except OSError:
            if pause is None:
                raise
        time.sleep(pause)


def fetch(blob, path):
    size = int(exchange('HEAD', blob)[0]['Content-Length'])
    with open(path, 'wb') as file:
        for begin in range(0, size, PIECE):
            end = min(begin + PIECE, size) - 1
            file.write(exchange('GET', blob, headers={'x-ms-range': 'bytes=%d-%d' % (begin, end)})[1])


def fetch_all():
    for entry in STORE['files']:
        path = os.path.join(HOME, entry['path'])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not entry['archive']:
            fetch(entry['blob'], path)
            continue
        packed = path + '.tar'
        fetch(entry['blob'], packed)
        os.makedirs(path, exist_ok=True)
        with tarfile.open(packed) as archive:
            # Drover made it. Later versions of Python want to be told that.
            archive.extractall(path, **({'filter': 'fully_trusted'} if hasattr(tarfile, 'fully_trusted_filter') else {}))
        os.unlink(packed)


def put(blob, file):
    put_bytes = lambda body: exchange('PUT', blob, body, headers={'x-ms-blob-type': 'BlockBlob'})
    piece = file.read(PIECE)
    if len(piece) < PIECE:
        return put_bytes(piece)
    blocks = []
    while piece:
        block = base64.b64encode(b'%08d' % len(blocks)).decode()
        exchange('PUT', blob, piece, 'comp=block&blockid=' + urllib.parse.quote(block, '') + '&')
        blocks.append(block)
        piece = file.read(PIECE)
    listing = '<?xml version="1.0" encoding="utf-8"?><BlockList>%s</BlockList>'
    exchange('PUT', blob, (listing % ''.join('<Latest>%s</Latest>' % block for block in blocks)).encode(),
             'comp=blocklist&', {'Content-Type': 'application/xml'})


def name_of(path):
    """Of a file as its blob is called; UnicodeDecodeError where no blob can be called so."""
    return os.fsencode(path).decode('utf-8')


def readable(words):
    return os.fsencode(words).decode('utf-8', 'backslashreplace')


class Look:
    """What lies in outputs/. A link is followed to what the job made, and to nothing else."""
    def __init__(self):
        self.files = {}  # path -> os.stat of it
        self.odd = {}    # path -> why it stays behind
        self.visit('outputs', ())

    def visit(self, path, above):
        try:
            if any(ord(letter) < 32 or ord(letter) == 127 for letter in name_of(path)):
                self.odd[path] = 'its name has control characters'
                return
            real = os.path.realpath(path)
            if os.path.islink(path):
                if not os.path.exists(real):
                    self.odd[path] = 'it is a link to %s, which is not there' % os.readlink(path)
                    return
                if not real.startswith(tuple(os.path.realpath(HOME) + of for of in ('/outputs', '/code/'))):
                    self.odd[path] = 'it is a link out of the folder, to ' + real
                    return
            self.take(path, real, above)
        except UnicodeDecodeError:
            self.odd[path] = 'its name is not UTF-8'
        except FileNotFoundError:
            pass
        except OSError as error:
            self.odd[path] = 'it cannot be read: %s' % error.strerror

    def take(self, path, real, above):
        now = os.stat(path)
        if stat.S_ISREG(now.st_mode):
            self.files[path] = now
        elif not stat.S_ISDIR(now.st_mode):
            self.odd[path] = 'it is neither a file nor a folder'
        elif real in above:
            self.odd[path] = 'it is a link to a folder that holds it'
        else:
            for name in os.listdir(path):
                self.visit(path + '/' + name, above + (real,))


class Outputs:
    def __init__(self):
        self.prefix = '%s/%s' % (STORE['outputs'], sys.argv[2])
        self.sent = {}  # path -> what its file was when it was put
        self.listed = None

    def sync(self, is_whole):
        look = Look()
        for path, now in sorted(look.files.items()):
            try:
                self.put_changed(path, now, is_whole)
            except Refused as error:
                look.odd[path] = str(error)
        begin = len('outputs/')
        listing = {'files': sorted(readable(path)[begin:] for path in look.files if path in self.sent),
                   'left_out': {readable(path)[begin:]: readable(why) for path, why in look.odd.items()},
                   'whole': is_whole}
        if listing != self.listed:
            exchange('PUT', self.prefix + '.json', json.dumps(listing).encode(), headers={'x-ms-blob-type': 'BlockBlob'})
            self.listed = listing

    def put_changed(self, path, now, is_whole):
        mark = (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino)
        if self.sent.get(path) == mark or (not is_whole and time.time() - now.st_ctime < SETTLED):
            return
        try:
            file = open(path, 'rb')
        except FileNotFoundError:
            return
        except OSError as error:
            raise Refused('it cannot be read: %s' % error.strerror)
        with file:
            put(self.prefix + name_of(path)[len('outputs'):], file)
        self.sent[path] = mark


def hand_over():
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.chdir(HOME)
    outputs = Outputs()
    poll = select.poll()
    poll.register(os.open('end', os.O_RDONLY | os.O_NONBLOCK), select.POLLIN)
    wait = PERIOD
    while not poll.poll(wait * 1000):
        began = time.time()
        try:
            outputs.sync(False)
        except OSError:
            pass  # the next look tries again
        wait = max(PERIOD, 10 * (time.time() - began))
    outputs.sync(True)
    print('drover: all of it is in the store')


try:
    {'fetch': fetch_all, 'hand-over': hand_over}[sys.argv[1]]()
except Exception as error:  # its words are a note, and nothing between what the other way hands over
    print('drover: the store of files did not answer well: ' + ascii(str(error)))
    sys.exit(3)
)py";

}  // namespace

std::string_view pod_agent() { return agent; }

std::string format_pod_store(const PodStoreWish& wish) {
  json out = json::object();
  out["url"] = wish.door.url;
  out["query"] = wish.door.query;
  out["ca"] = wish.door.ca_pem;
  out["outputs"] = wish.outputs_prefix;
  out["files"] = json::array();
  for (const auto& file : wish.files) {
    json entry = json::object();
    entry["blob"] = file.blob;
    entry["path"] = file.path;
    entry["archive"] = file.is_archive;
    out["files"].push_back(std::move(entry));
  }
  return out.dump();
}

std::optional<PodOutputs> parse_pod_outputs(std::string_view list) {
  const json read = parse_json(list);
  if (!read.is_object() || !read.contains("files") || !read["files"].is_array()) return std::nullopt;
  PodOutputs outputs{.paths = {}, .left_out = {}, .is_whole = read.value("whole", false)};
  for (const auto& path : read["files"])
    if (path.is_string()) outputs.paths.insert(path.get<std::string>());
  if (const auto odd = read.find("left_out"); odd != read.end() && odd->is_object())
    for (const auto& [path, why] : odd->items())
      if (why.is_string()) outputs.left_out.emplace(path, why.get<std::string>());
  return outputs;
}

}  // namespace drover::jobs
