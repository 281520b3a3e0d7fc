#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace larder::test {
namespace {

constexpr long kDaySeconds = 24L * 60 * 60;

void must(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("certificates for tests: ") + what);
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  must(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

template <class Write>
void write_pem(const std::string& path, Write write) {
  BIO* file = BIO_new_file(path.c_str(), "w");
  must(file != nullptr, path.c_str());
  const bool good = write(file);
  BIO_free(file);
  must(good, path.c_str());
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

}  // namespace

void Certificates::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void Certificates::Free::operator()(x509_st* certificate) const { X509_free(certificate); }

Certificates::Certificates() {
  std::string name =
      (std::filesystem::temp_directory_path() / "larder-certificates-XXXXXX").string();
  must(::mkdtemp(name.data()) != nullptr, "a folder");
  folder_ = name;
  key_ = fresh_key();
  certificate_ = certificate(key_.get(), "authority of " + folder_, {.alternatives = ""});
  write_pem(authority(), [&](BIO* file) { return PEM_write_bio_X509(file, certificate_.get()); });
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Certificates::authority_folder() const {
  const std::string folder = path("authorities");
  std::filesystem::create_directory(folder);
  char name[16];
  std::snprintf(name, sizeof name, "/%08lx.0", X509_subject_name_hash(certificate_.get()));
  std::filesystem::copy_file(authority(), folder + name);
  return folder;
}

Certificates::Pair Certificates::issue(const std::string& name, const Wish& wish) {
  const Pair files{path(name + ".pem"), path(name + ".key")};
  const Key key = fresh_key();
  const Certificate signed_one = certificate(key.get(), name, wish);
  write_pem(files.cert_file, [&](BIO* file) { return PEM_write_bio_X509(file, signed_one.get()); });
  write_pem(files.key_file, [&](BIO* file) {
    const bool secret = !wish.pass.empty();
    return PEM_write_bio_PKCS8PrivateKey(file, key.get(), secret ? EVP_aes_256_cbc() : nullptr,
                                         secret ? wish.pass.data() : nullptr,
                                         static_cast<int>(wish.pass.size()), nullptr, nullptr);
  });
  return files;
}

void Certificates::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name)) << text;
}

Certificates::Key Certificates::fresh_key() {
  Key key(EVP_EC_gen("P-256"));
  must(key != nullptr, "a key");
  return key;
}

Certificates::Certificate Certificates::certificate(evp_pkey_st* key, const std::string& name,
                                                    const Wish& wish) const {
  Certificate made(X509_new());
  X509* certificate = made.get();
  const bool is_authority = certificate_ == nullptr;
  X509* issuer = is_authority ? certificate : certificate_.get();
  X509_set_version(certificate, 2);
  unsigned char number[8];
  must(RAND_bytes(number, sizeof number) == 1, "chance");
  number[0] &= 0x7f;
  BIGNUM* serial = BN_bin2bn(number, sizeof number, nullptr);
  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate));
  BN_free(serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.begins_in_days * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.ends_in_days * kDaySeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  extend(certificate, issuer, NID_basic_constraints,
         is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!wish.alternatives.empty()) {
    extend(certificate, issuer, NID_subject_alt_name, wish.alternatives);
  }
  must(X509_sign(certificate, is_authority ? key : key_.get(), EVP_sha256()) > 0, "a signature");
  return made;
}

}  // namespace larder::test
