// Certificates for tests, made on the spot in a folder that goes away with them.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace larder::test {

/// An authority and what it signs.
class Certificates {
 public:
  struct Pair {
    std::string cert_file;
    std::string key_file;
  };
  struct Wish {
    int begins_in_days = -1;
    int ends_in_days = 1;
    std::string pass = {};  ///< Encrypts the key, unless it is empty.
    std::string alternatives = "DNS:localhost,IP:127.0.0.1";
  };

  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  /// The authority's certificate.
  std::string authority() const { return path("authority.pem"); }
  /// A folder that holds it under the name that OpenSSL looks for.
  std::string authority_folder() const;
  /// A certificate of that name, and its key. The same name again replaces the files.
  Pair issue(const std::string& name, const Wish& wish);
  Pair issue(const std::string& name) { return issue(name, Wish{}); }
  /// A file of the folder.
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
    void operator()(x509_st* certificate) const;
  };
  using Key = std::unique_ptr<evp_pkey_st, Free>;
  using Certificate = std::unique_ptr<x509_st, Free>;

  static Key fresh_key();
  Certificate certificate(evp_pkey_st* key, const std::string& name, const Wish& wish) const;

  std::string folder_;
  Key key_;
  Certificate certificate_;
};

}  // namespace larder::test
