#include "differential/generator.hpp"

namespace larder::test {
namespace {

struct Shape {
  std::string_view text;
  int weight;
};

// Capital letters stand for what chance fills in, see fill_token; "+": one to four times.
constexpr Shape kShapes[] = {
    {"get K", 40},
    {"set K V", 40},
    {"set K V O", 30},
    {"set K V O O", 20},
    {"set K V O O O", 10},
    {"getdel K", 5},
    {"getset K V", 10},
    {"getex K", 5},
    {"getex K O", 10},
    {"getex K O O", 2},
    {"getex K persist", 5},
    {"getrange K I I", 15},
    {"substr K I I", 3},
    {"setrange K N V", 10},
    {"setrange K I V", 5},
    {"setnx K V", 10},
    {"setex K S V", 5},
    {"setex K B V", 3},
    {"psetex K M V", 5},
    {"psetex K B V", 3},
    {"mget K+", 15},
    {"mset P+", 15},
    {"msetnx P+", 8},
    {"mset P K", 2},
    {"append K V", 15},
    {"strlen K", 10},
    {"incr K", 15},
    {"decr K", 10},
    {"incrby K I", 15},
    {"decrby K I", 10},
    {"incrbyfloat K R", 20},
    {"del K+", 10},
    {"unlink K+", 5},
    {"exists K+", 10},
    {"touch K+", 5},
    {"type K", 5},
    {"expire K S", 10},
    {"expire K S X", 10},
    {"expire K S X X", 4},
    {"expire K B", 6},
    {"expire K B X", 3},
    {"pexpire K M X", 6},
    {"pexpire K B", 3},
    {"expireat K T", 5},
    {"expireat K T X", 5},
    {"expireat K B", 3},
    {"pexpireat K U X", 5},
    {"pexpireat K B", 3},
    {"ttl K", 10},
    {"pttl K", 10},
    {"expiretime K", 10},
    {"pexpiretime K", 10},
    {"persist K", 10},
    {"keys G", 4},
    {"scan 0 count 1000", 3},
    {"scan 0 match G count 1000", 3},
    {"scan 0 count 1000 type string", 1},
    {"scan 0 count 1000 type list", 1},
    {"scan 0 count B", 2},
    {"scan 0 W V", 1},
    {"scan W count 1000", 1},
    {"randomkey", 1},
    {"dbsize", 5},
    {"flushdb", 1},
    {"flushall async", 1},
    {"flushall W", 1},
    {"select D", 4},
    {"select 0", 6},
    {"swapdb D D", 1},
    {"ping", 3},
    {"ping V", 3},
    {"echo V", 3},
    {"hello 2", 1},
    {"hello 3", 1},
    {"hello I", 1},
    {"hello 3 W V", 1},
    {"hello 3 setname W", 1},
    {"hello", 1},
    {"auth V", 1},
    {"auth W V", 1},
    {"reset", 1},
    {"time", 1},
    {"client getname", 2},
    {"client setname V", 2},
    {"client W", 1},
    {"client no-evict W", 1},
    {"client unpause", 1},
    {"client unblock I", 1},
    {"client pause 0", 1},
    {"latency history W", 1},
    {"latency reset W", 1},
    {"command getkeysandflags set K V O", 1},
    {"command getkeysandflags rename K K", 1},
    {"command getkeys get K", 1},
    {"command getkeys mset P+", 1},
    {"command getkeys W", 1},
    {"config get W", 1},
    {"multi", 25},
    {"exec", 40},
    {"discard", 4},
    {"unwatch", 3},
    {"W", 2},
    {"W V V", 3},
    {"rename K K", 8},
    {"renamenx K K", 6},
    {"copy K K", 5},
    {"copy K K replace", 6},
    {"copy K K db D", 4},
    {"copy K K W", 2},
    {"move K D", 5},
    {"setbit K N J", 8},
    {"getbit K N", 8},
    {"getbit K I", 2},
    {"bitcount K", 5},
    {"bitcount K I I", 5},
    {"bitcount K I I bit", 4},
    {"bitcount K I W", 2},
    {"bitpos K J", 5},
    {"bitpos K J I", 5},
    {"bitpos K J I I", 5},
    {"bitpos K J I I bit", 4},
    {"bitop and K K+", 4},
    {"bitop or K K+", 4},
    {"bitop xor K K+", 4},
    {"bitop not K K", 4},
    {"bitop not K K K", 1},
    {"bitop W K K", 1},
    {"bitfield K get Q N", 4},
    {"bitfield K set Q N I", 6},
    {"bitfield K overflow Y incrby Q N I", 8},
    {"bitfield K get Q #1 set Q N I incrby Q #2 I", 4},
    {"bitfield K W", 1},
    {"bitfield_ro K get Q N", 3},
    {"bitfield_ro K set Q N I", 2},
    {"lcs K K", 3},
    {"lcs K K len", 3},
    {"lcs K K idx", 3},
    {"lcs K K idx withmatchlen minmatchlen N", 2},
    {"object refcount K", 1},
    {"object encoding K", 3},
    {"object freq K", 1},
    {"object W K", 1},
};

/// What only looks like a number, or is at the very end of what is one.
const Words kNumbers = {"0",
                        "1",
                        "-1",
                        "2",
                        "3",
                        "-5",
                        "10",
                        "100",
                        "-0",
                        "+5",
                        " 7",
                        "7 ",
                        "01",
                        "1.0",
                        "1e2",
                        "abc",
                        "",
                        "-",
                        "0x10",
                        "1.5",
                        "12345",
                        "-12345",
                        "nan",
                        "9223372036854775807",
                        "-9223372036854775808",
                        "9223372036854775808",
                        "18446744073709551615",
                        "99999999999999999999"};
const Words kFloats = {"0.1",      "-0.1",
                       "1e3",      "1.5e-3",
                       "3.0",      "5",
                       "-2.50",    "inf",
                       "-inf",     "nan",
                       "1e17",     "1e-5",
                       "1.e1",     ".5",
                       "abc",      "",
                       " 1",       "1 ",
                       "0x1p3",    "1e400",
                       "1e308",    "123456789.123456789",
                       "0.000001", "infinity",
                       "+1.5"};
const Words kBadAmounts = {"0",
                           "-1",
                           "-1000",
                           "abc",
                           "",
                           "1.5",
                           "9223372036854775807",
                           "-9223372036854775808",
                           "9223372036854775808",
                           "9223372036854776"};
const Words kWords = {"nope", "GETX", "set2",      "foo",      "a b",           "it's",
                      "*",    "",     "maxmemory", "getname2", "line\r\nbreak", "x\"y"};
const Words kPatterns = {"*",    "k?", "k[0-3]", "k[^0]", "nothing*",
                         "\\k0", "[",  "k*",     "?*",    "k[3-1]"};

}  // namespace

Generator::Generator(base::Random random, const std::set<std::string>& served) : random_(random) {
  for (const Shape& shape : kShapes) {
    const std::string name(shape.text.substr(0, shape.text.find(' ')));
    if (name != "W" && !served.contains(name)) continue;
    shapes_.insert(shapes_.end(), static_cast<std::size_t>(shape.weight), shape.text);
  }
}

std::vector<Words> Generator::next() {
  if (random_.below(100) == 0) {
    // Only keys that exist are watched: one that comes and goes is a known difference.
    Words set{"set"};
    fill_token('K', set);
    Words watch{any_case("watch"), set[1]};
    set.push_back(value());
    return {set, watch};
  }
  Words words = fill(shapes_[random_.below(shapes_.size())]);
  if (random_.below(25) == 0) spoil(words);
  words[0] = any_case(words[0]);
  return {words};
}

Words Generator::fill(std::string_view shape) {
  Words words;
  while (!shape.empty()) {
    const auto token = shape.substr(0, shape.find(' '));
    shape.remove_prefix(std::min(shape.size(), token.size() + 1));
    const bool fills = token[0] >= 'A' && token[0] <= 'Z';
    if (!fills) words.push_back(any_case(token));
    const std::uint64_t times = token.ends_with('+') ? 1 + random_.below(4) : 1;
    for (std::uint64_t i = 0; fills && i < times; ++i) fill_token(token[0], words);
  }
  return words;
}

void Generator::fill_token(char token, Words& words) {
  constexpr std::uint64_t kDay = 86'400;
  switch (token) {
    case 'K':
      return words.push_back(random_.below(40) == 0 ? pick({"", std::string("\0\xff", 2), "a b"})
                                                    : "k" + number_between(0, 7));
    case 'V':
      return words.push_back(value());
    case 'P':
      fill_token('K', words);
      return words.push_back(value());
    case 'I':
      return words.push_back(pick(kNumbers));
    case 'N':
      return words.push_back(number_between(0, 40));
    case 'J':
      return words.push_back(pick({"0", "1", "0", "1", "2", "x"}));
    case 'R':
      return words.push_back(pick(kFloats));
    case 'B':
      return words.push_back(pick(kBadAmounts));
    case 'S':
      return words.push_back(number_between(kDay, 1'000'000'000));
    case 'M':
      return words.push_back(number_between(1'000 * kDay, 1'000'000'000'000));
    case 'T':
      return words.push_back(number_between(5'000'000'000, 7'000'000'000));
    case 'U':
      return words.push_back(number_between(5'000'000'000'000, 7'000'000'000'000));
    case 'O':
      return set_option(words);
    case 'X':
      return words.push_back(any_case(pick({"nx", "xx", "gt", "lt", "ex"})));
    case 'G':
      return words.push_back(pick(kPatterns));
    case 'D':
      return words.push_back(pick({"0", "1", "2", "1", "15", "16", "-1", "x", ""}));
    case 'Q':
      return words.push_back(
          pick({"u8", "i8", "u1", "i64", "u63", "i5", "u64", "i0", "x8", "u16"}));
    case 'Y':
      return words.push_back(any_case(pick({"wrap", "sat", "fail", "nope"})));
    default:
      return words.push_back(pick(kWords));
  }
}

void Generator::set_option(Words& words) {
  static constexpr std::string_view kOptions[] = {
      "nx",   "xx",   "get",    "keepttl", "ex S", "px M", "exat T", "pxat U",
      "ex B", "px B", "exat B", "pxat B",  "ex",   "nope", "persist"};
  for (std::string& word : fill(kOptions[random_.below(std::size(kOptions))])) {
    words.push_back(std::move(word));
  }
}

std::string Generator::value() {
  switch (random_.below(8)) {
    case 0:
      return pick(kFloats);
    case 1:
      return std::string(random_.below(4'000), 'x');
    case 2:
      return std::string("\r\n\0$-1\r\n", 8);
    case 3:
      return "word" + number_between(0, 99);
    case 4:
      return "";
    default:
      return random_.below(2) == 0 ? pick(kNumbers) : number_between(0, 1'000);
  }
}

/// One argument too few or too many.
void Generator::spoil(Words& words) {
  if (words.size() > 1 && random_.below(2) == 0) {
    words.pop_back();
  } else {
    words.push_back(value());
  }
}

std::string Generator::any_case(std::string_view word) {
  std::string text(word);
  const std::uint64_t how = random_.below(4);
  for (char& c : text) {
    const bool upper = how == 0 || (how == 1 && random_.below(2) == 0);
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string Generator::pick(const Words& from) { return from[random_.below(from.size())]; }

std::string Generator::number_between(std::uint64_t low, std::uint64_t high) {
  return std::to_string(low + random_.below(high - low + 1));
}

}  // namespace larder::test
