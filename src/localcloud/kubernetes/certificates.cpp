#include "localcloud/kubernetes/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

#include "base/text.hpp"

namespace drover::localcloud::kubernetes {
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
using Number = std::unique_ptr<BIGNUM, Release<BN_free>>;

constexpr std::chrono::days authority_life{3650};
constexpr std::chrono::days leaf_life{730};
/// Clocks of two machines differ a little.
constexpr std::chrono::days backdated{1};

struct Extra {
  int id;
  std::string value;
};

std::unexpected<Error> refused(const std::string& what) {
  return fail(Code::internal, "making a cluster's certificates: OpenSSL refused " + what);
}

template <class Write>
std::string pem_of(const Write& write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (write(bio.get()) != 1) return "";
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

bool add_name(X509* certificate, const char* part, const std::string& value) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), part, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) == 1;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);
  const Number number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_extension(X509* certificate, X509* issuer, const Extra& extra) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension made(X509V3_EXT_conf_nid(nullptr, &context, extra.id, extra.value.c_str()));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

void set_life(X509* certificate, Instant now, std::chrono::days life) {
  const auto seconds = [](Instant instant) {
    return std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
  };
  ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(now - backdated));
  ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(now + life));
}

/// Signed by `authority`, or by itself when that is null.
Result<KeyPair> make(const KeyPair* authority, const std::string& name, const std::string& group,
                     const std::vector<Extra>& extras, Instant now, std::chrono::days life) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate) return refused("a key for " + name);
  X509* raw = certificate.get();
  if (X509_set_version(raw, X509_VERSION_3) != 1 || !set_serial(raw) ||
      (!group.empty() && !add_name(raw, "O", group)) || !add_name(raw, "CN", name) ||
      X509_set_pubkey(raw, key.get()) != 1)
    return refused("the name " + name);
  set_life(raw, now, life);
  Certificate issuer;
  Key issuer_key;
  if (authority != nullptr) {
    const Bio certificate_bio(BIO_new_mem_buf(authority->certificate_pem.data(), -1));
    const Bio key_bio(BIO_new_mem_buf(authority->key_pem.data(), -1));
    issuer.reset(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
    issuer_key.reset(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
    if (!issuer || !issuer_key) return refused("the cluster's CA");
  }
  X509* signer = issuer ? issuer.get() : raw;
  if (X509_set_issuer_name(raw, X509_get_subject_name(signer)) != 1) return refused("the issuer of " + name);
  for (const auto& extra : extras)
    if (!add_extension(raw, signer, extra)) return refused("an extension of " + name + ": " + extra.value);
  if (X509_sign(raw, issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) == 0) return refused("to sign " + name);
  return KeyPair{pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, raw); }), pem_of([&](BIO* bio) {
                   return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
                 })};
}

}  // namespace

Result<KeyPair> make_authority(const std::string& name, Instant now) {
  return make(nullptr, name, "",
              {{NID_basic_constraints, "critical,CA:TRUE"},
               {NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature"},
               {NID_subject_key_identifier, "hash"}},
              now, authority_life);
}

Result<KeyPair> issue_server(const KeyPair& authority, const std::vector<std::string>& addresses,
                             const std::vector<std::string>& names, Instant now) {
  std::vector<std::string> all;
  for (const auto& address : addresses) all.push_back("IP:" + address);
  for (const auto& name : names) all.push_back("DNS:" + name);
  return make(&authority, "apiserver", "",
              {{NID_basic_constraints, "critical,CA:FALSE"},
               {NID_key_usage, "critical,digitalSignature"},
               {NID_ext_key_usage, "serverAuth"},
               {NID_authority_key_identifier, "keyid"},
               {NID_subject_alt_name, join(all, ",")}},
              now, leaf_life);
}

Result<KeyPair> issue_client(const KeyPair& authority, const std::string& user, const std::string& group, Instant now) {
  return make(&authority, user, group,
              {{NID_basic_constraints, "critical,CA:FALSE"},
               {NID_key_usage, "critical,digitalSignature"},
               {NID_ext_key_usage, "clientAuth"},
               {NID_authority_key_identifier, "keyid"}},
              now, leaf_life);
}

}  // namespace drover::localcloud::kubernetes
