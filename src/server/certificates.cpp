#include "server/certificates.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.hpp"

namespace drover::server {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>>;

using Days = std::chrono::days;
constexpr Days authority_life{3650};
constexpr Days server_life{365};  // longer ones are refused by some clients (the limit of public CAs is 398 days)
constexpr Days renewed_before{30};
/// Clocks of two machines, and of a container and its host, differ a little.
constexpr Days backdated{1};

std::unexpected<Error> refused(const char* what) {
  return fail(Code::internal, std::string("making a certificate: OpenSSL refused ") + what);
}

std::time_t unix_time(Instant instant) {
  return std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
}

Key read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

Certificate read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

template <class Write>
std::string pem_of(const Write& write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (write(bio.get()) != 1) return "";
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(const Key& key) {
  return pem_of(
      [&](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string pem_of(const Certificate& certificate) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

bool is_name(const std::string& name) {
  return !name.empty() && name.find_first_of(",:= \t\r\n/") == std::string::npos;
}

bool add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// RFC 5280 wants positive serials of at most 20 bytes, unique for each CA.
bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);
  const std::unique_ptr<BIGNUM, Release<BN_free>> number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_common_name(X509* certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Drover"), -1,
                                    -1, 0) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()),
                                    -1, -1, 0) == 1;
}

/// A version 3 certificate with everything but issuer, extensions and signature.
Certificate blank(const std::string& name, const Key& key, Instant now, Days life) {
  Certificate certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 || !set_serial(certificate.get()) ||
      !set_common_name(certificate.get(), name) || X509_set_pubkey(certificate.get(), key.get()) != 1)
    return nullptr;
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), unix_time(now - backdated));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), unix_time(now + life));
  return certificate;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const auto& name : names) parts.push_back((is_address(name) ? "IP:" : "DNS:") + name);
  return join(parts, ",");
}

/// Literally, wildcards too: clients judge for themselves what a wildcard covers.
bool holds(const Certificate& certificate, const std::string& name) {
  if (is_address(name)) return X509_check_ip_asc(certificate.get(), name.c_str(), 0) == 1;
  const std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>> held(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; held && i < sk_GENERAL_NAME_num(held.get()); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(held.get(), i);
    if (one->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(one->d.dNSName));
    if (std::string_view(text, static_cast<std::size_t>(ASN1_STRING_length(one->d.dNSName))) == name) return true;
  }
  return false;
}

}  // namespace

Result<Authority> make_authority(Instant now) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return refused("the CA's key");
  const Certificate certificate = blank("Drover local cloud CA", key, now, authority_life);
  if (!certificate) return refused("the CA's certificate");
  X509* raw = certificate.get();
  if (X509_set_issuer_name(raw, X509_get_subject_name(raw)) != 1 ||
      !add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(raw, raw, NID_subject_key_identifier, "hash") || X509_sign(raw, key.get(), EVP_sha256()) == 0)
    return refused("the CA's extensions");
  return Authority{pem_of(certificate), pem_of(key)};
}

Result<Identity> issue(const Authority& authority, const std::vector<std::string>& names, Instant now) {
  const Certificate issuer = read_certificate(authority.certificate_pem);
  const Key issuer_key = read_key(authority.key_pem);
  if (!issuer || !issuer_key) return fail(Code::invalid_input, "the CA's certificate or key does not read");
  if (names.empty() || !std::ranges::all_of(names, is_name))
    return fail(Code::invalid_input, "a certificate needs names, and these are none: " + join(names, ", "));
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return refused("the server's key");
  const Certificate certificate = blank(names.front(), key, now, server_life);
  if (!certificate) return refused("the server's certificate");
  X509* raw = certificate.get();
  if (X509_set_issuer_name(raw, X509_get_subject_name(issuer.get())) != 1 ||
      !add_extension(raw, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(raw, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(raw, issuer.get(), NID_ext_key_usage, "serverAuth") ||
      !add_extension(raw, issuer.get(), NID_authority_key_identifier, "keyid") ||
      !add_extension(raw, issuer.get(), NID_subject_alt_name, alternative_names(names)) ||
      X509_sign(raw, issuer_key.get(), EVP_sha256()) == 0)
    return refused("the server's extensions");
  return Identity{pem_of(certificate), pem_of(key)};
}

bool is_good(const std::string& certificate_pem, const std::vector<std::string>& names, Instant now) {
  const Certificate certificate = read_certificate(certificate_pem);
  if (!certificate) return false;
  std::time_t until = unix_time(now + renewed_before);
  std::time_t from = unix_time(now);
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &until) != 1 ||
      X509_cmp_time(X509_get0_notBefore(certificate.get()), &from) != -1)
    return false;
  return std::ranges::all_of(names, [&](const std::string& name) { return holds(certificate, name); });
}

bool is_signed_by(const std::string& certificate_pem, const Authority& authority) {
  const Certificate certificate = read_certificate(certificate_pem);
  const Key key = read_key(authority.key_pem);
  return certificate && key && X509_verify(certificate.get(), key.get()) == 1;
}

}  // namespace drover::server
