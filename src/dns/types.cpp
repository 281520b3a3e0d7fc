#include "dns/types.hpp"

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace larder::dns {
namespace {

struct Named {
  std::uint16_t number;
  std::string_view name;
};

// IANA's registry, what is obsolete and was never seen left out.
constexpr Named kTypes[] = {
    {1, "A"},       {2, "NS"},        {3, "MD"},          {4, "MF"},          {5, "CNAME"},
    {6, "SOA"},     {7, "MB"},        {8, "MG"},          {9, "MR"},          {10, "NULL"},
    {11, "WKS"},    {12, "PTR"},      {13, "HINFO"},      {14, "MINFO"},      {15, "MX"},
    {16, "TXT"},    {17, "RP"},       {18, "AFSDB"},      {19, "X25"},        {20, "ISDN"},
    {21, "RT"},     {24, "SIG"},      {25, "KEY"},        {26, "PX"},         {28, "AAAA"},
    {29, "LOC"},    {30, "NXT"},      {33, "SRV"},        {35, "NAPTR"},      {36, "KX"},
    {37, "CERT"},   {39, "DNAME"},    {41, "OPT"},        {42, "APL"},        {43, "DS"},
    {44, "SSHFP"},  {45, "IPSECKEY"}, {46, "RRSIG"},      {47, "NSEC"},       {48, "DNSKEY"},
    {49, "DHCID"},  {50, "NSEC3"},    {51, "NSEC3PARAM"}, {52, "TLSA"},       {53, "SMIMEA"},
    {55, "HIP"},    {59, "CDS"},      {60, "CDNSKEY"},    {61, "OPENPGPKEY"}, {62, "CSYNC"},
    {63, "ZONEMD"}, {64, "SVCB"},     {65, "HTTPS"},      {99, "SPF"},        {104, "NID"},
    {105, "L32"},   {106, "L64"},     {107, "LP"},        {108, "EUI48"},     {109, "EUI64"},
    {249, "TKEY"},  {250, "TSIG"},    {251, "IXFR"},      {252, "AXFR"},      {253, "MAILB"},
    {254, "MAILA"}, {255, "ANY"},     {256, "URI"},       {257, "CAA"},       {32769, "DLV"},
};

constexpr Named kClasses[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};

constexpr Named kRcodes[] = {
    {0, "NOERROR"}, {1, "FORMERR"},  {2, "SERVFAIL"},  {3, "NXDOMAIN"},
    {4, "NOTIMP"},  {5, "REFUSED"},  {6, "YXDOMAIN"},  {7, "YXRRSET"},
    {8, "NXRRSET"}, {9, "NOTAUTH"},  {10, "NOTZONE"},  {16, "BADVERS"},
    {17, "BADKEY"}, {18, "BADTIME"}, {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

template <std::size_t N>
std::string text_of(const Named (&table)[N], std::uint16_t number, const char* otherwise) {
  for (const Named& row : table) {
    if (row.number == number) return std::string(row.name);
  }
  return otherwise + std::to_string(number);
}

}  // namespace

std::string type_text(std::uint16_t type) { return text_of(kTypes, type, "TYPE"); }
std::string class_text(std::uint16_t klass) { return text_of(kClasses, klass, "CLASS"); }
std::string rcode_text(std::uint16_t rcode) { return text_of(kRcodes, rcode, "RCODE"); }

std::optional<std::uint16_t> type_from_text(std::string_view text) {
  for (const Named& row : kTypes) {
    if (base::same_word(row.name, text)) return row.number;
  }
  if (text.size() > 4 && base::same_word(text.substr(0, 4), "TYPE")) text.remove_prefix(4);
  const auto number = base::parse_unsigned(text);
  if (!number || *number > 0xFFFF) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

bool is_meta_type(std::uint16_t type) noexcept {
  return type == 0 || type == type::kOpt || (type >= 128 && type <= 255);
}

}  // namespace larder::dns
