// Runs a fuzz target over its corpus and over seeded mutations of it, for builds without libFuzzer. Prints its seed and takes
// it back from LARDER_SEED.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "fuzz.hpp"

namespace {

constexpr int kMutations = 20'000;

using larder::base::Random;

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutated(std::string input, const std::vector<std::string>& corpus, Random& random) {
  for (std::size_t n = 1 + random.below(4); n > 0; --n) {
    const std::size_t at = random.below(input.size() + 1);
    switch (random.below(5)) {
      case 0:
        input.erase(at, random.below(8));
        break;
      case 1:
        input.insert(at, 1, static_cast<char>(random()));
        break;
      case 2:
        input.insert(at, input.substr(random.below(input.size() + 1), random.below(20)));
        break;
      case 3: {
        const std::string& other = corpus[random.below(corpus.size())];
        input.insert(at, other.substr(random.below(other.size() + 1), random.below(20)));
        break;
      }
      default:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << random.below(8)));
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]), 2;
  std::vector<std::string> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (corpus.empty()) return std::fprintf(stderr, "%s holds no files\n", argv[1]), 2;
  const char* given = std::getenv("LARDER_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : larder::base::system_entropy() >> 32;
  std::printf("LARDER_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  Random random(seed);
  for (const std::string& input : corpus) run(input);
  for (int i = 0; i < kMutations; ++i)
    run(mutated(corpus[random.below(corpus.size())], corpus, random));
  std::printf("%zu inputs, %d mutations\n", corpus.size(), kMutations);
}
