#include "drivers/system/sealed_secrets.hpp"

#include <sodium.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "drivers/system/files.hpp"

namespace drover::system {
namespace {

std::string seal(const std::string& key, const std::string& name, const std::string& value) {
  // The name is sealed in, so that one secret cannot be passed off as another.
  const std::string plain = name + '\0' + value;
  std::string nonce(crypto_secretbox_NONCEBYTES, '\0');
  randombytes_buf(nonce.data(), nonce.size());
  std::string box(crypto_secretbox_MACBYTES + plain.size(), '\0');
  crypto_secretbox_easy(
      reinterpret_cast<unsigned char*>(box.data()), reinterpret_cast<const unsigned char*>(plain.data()), plain.size(),
      reinterpret_cast<const unsigned char*>(nonce.data()), reinterpret_cast<const unsigned char*>(key.data()));
  return base64_encode(nonce + box);
}

Result<std::string> unseal(const std::string& key, const std::string& name, const std::string& sealed) {
  const auto bytes = base64_decode(sealed);
  constexpr std::size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (!bytes || bytes->size() < head) return fail(Code::corrupt, "the sealed secret " + name + " is damaged");
  std::string plain(bytes->size() - head, '\0');
  const auto* nonce = reinterpret_cast<const unsigned char*>(bytes->data());
  const int opened = crypto_secretbox_open_easy(
      reinterpret_cast<unsigned char*>(plain.data()), nonce + crypto_secretbox_NONCEBYTES,
      bytes->size() - crypto_secretbox_NONCEBYTES, nonce, reinterpret_cast<const unsigned char*>(key.data()));
  if (opened != 0 || !plain.starts_with(name + '\0'))
    return fail(Code::corrupt, "the sealed secret " + name + " does not open with this key",
                "set it again: drover secret set " + name);
  return plain.substr(name.size() + 1);
}

}  // namespace

Result<std::string> SealedSecrets::key(bool make) const {
  if (sodium_init() < 0) return fail(Code::internal, "libsodium does not start");
  if (file_exists(key_file_)) {
    DROVER_TRY(text, read_secret_file(key_file_));
    const auto bytes = base64_decode(text);
    if (!bytes || bytes->size() != crypto_secretbox_KEYBYTES)
      return fail(Code::corrupt, key_file_ + " is not a key of drover");
    return *bytes;
  }
  if (!make) return fail(Code::not_found, "there is no key at " + key_file_);
  std::string fresh(crypto_secretbox_KEYBYTES, '\0');
  randombytes_buf(fresh.data(), fresh.size());
  const auto slash = key_file_.rfind('/');
  if (slash != std::string::npos) DROVER_CHECK(make_folder(key_file_.substr(0, slash)));
  DROVER_CHECK(write_file(key_file_, base64_encode(fresh) + "\n", 0600));
  return fresh;
}

Result<std::map<std::string, std::string>> SealedSecrets::read() const {
  std::map<std::string, std::string> sealed;
  if (!file_exists(file_)) return sealed;
  DROVER_TRY(text, read_file(file_, 16 << 20));
  for (const auto line : split(text, '\n')) {
    const auto tab = line.find('\t');
    if (tab != std::string_view::npos) sealed.emplace(line.substr(0, tab), line.substr(tab + 1));
  }
  return sealed;
}

Result<std::string> SealedSecrets::get(const std::string& name) {
  DROVER_TRY(sealed, read());
  const auto it = sealed.find(name);
  if (it == sealed.end()) return fail(Code::not_found, "no secret named " + name, "drover secret set " + name);
  DROVER_TRY(opened_with, key(false));
  return unseal(opened_with, name, it->second);
}

Status SealedSecrets::put(const std::string& name, const std::string& value) {
  if (name.empty() || name.find_first_of("\t\n") != std::string::npos)
    return fail(Code::invalid_input, "a secret's name is not empty and has no tabs or line breaks");
  DROVER_TRY(sealed, read());
  DROVER_TRY(sealed_with, key(true));
  sealed[name] = seal(sealed_with, name, value);
  std::string text;
  for (const auto& [entry, box] : sealed) text += entry + "\t" + box + "\n";
  return write_file(file_, text, 0600);
}

}  // namespace drover::system
