// Names out of CSV files, and made-up ones.
#include "lab/domains.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "lab/csv.hpp"
#include "unit/lab/text_source.hpp"

namespace larder::lab {
namespace {

using test::TextSource;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

Result<Domains> sampled(const std::string& text, DomainsOptions options = {}) {
  return sample_domains(std::make_unique<TextSource>(text), "names.csv", options);
}

std::vector<std::string> names_in(const std::string& text, const DomainsOptions& options = {}) {
  return sampled(text, options).value().names;
}

TEST(CsvTest, QuotesHoldDelimitersLineEndsAndQuotes) {
  CsvReader csv(std::make_unique<TextSource>(
                    "\xEF\xBB\xBFplain;\"a;b\"\r\n\r\n\"two\nlines\";\"a \"\"word\"\"\"\n;last"),
                "x.csv", ';');
  std::vector<std::string> fields;
  EXPECT_TRUE(csv.next(fields).value());
  EXPECT_THAT(fields, ElementsAre("plain", "a;b"));
  EXPECT_TRUE(csv.next(fields).value());
  EXPECT_THAT(fields, ElementsAre("two\nlines", "a \"word\""));
  EXPECT_EQ(csv.line(), 3u);
  EXPECT_TRUE(csv.next(fields).value());
  EXPECT_THAT(fields, ElementsAre("", "last"));
  EXPECT_FALSE(csv.next(fields).value());
}

TEST(CsvTest, TheDelimiterIsTheOneThatTheLinesAgreeOn) {
  EXPECT_EQ(find_delimiter("a;b,c\nd;e\n"), ';');
  EXPECT_EQ(find_delimiter("a\tb\nc\td\n"), '\t');
  EXPECT_EQ(find_delimiter("\"x;y;z\",b\n\"q\",c\n"), ',');
  EXPECT_EQ(find_delimiter("only.example\nother.example\n"), ',');
}

TEST(DomainsTest, HeaderColumnAndDelimiterAreFoundOut) {
  const auto domains = sampled("id;Domain;rank\n1;B.example;10\n2;a.example.;20\n").value();
  EXPECT_THAT(domains.names, UnorderedElementsAre("a.example", "b.example"));
  EXPECT_TRUE(domains.header);
  EXPECT_EQ(domains.column, "Domain");
  EXPECT_EQ(domains.delimiter, ';');
  EXPECT_THAT(names_in("a.example\nb.example\n"), UnorderedElementsAre("a.example", "b.example"));
}

TEST(DomainsTest, OrTheyAreGiven) {
  const std::string text = "first,second\na.example,b.example\n";
  EXPECT_THAT(names_in(text, {.column = "SECOND"}), ElementsAre("b.example"));
  EXPECT_THAT(names_in(text, {.column = "1"}), ElementsAre("a.example"));
  EXPECT_THAT(names_in("x.example\ny.example\n", {.header = true}), ElementsAre("y.example"));
}

TEST(DomainsTest, WhatCannotBeReadIsToldWithItsLine) {
  const struct {
    std::string text, words;
    DomainsOptions options = {};
  } kBad[] = {
      {"", "names.csv:1: the file is empty"},
      {"\n\n", "names.csv:3: "},
      {"just,words\nno,names\n",
       "names.csv:1: no column holds names of domains; the first record is \"just\", \"words\""},
      {"id,domain\n1,a.example\n2\n", "names.csv:3: 1 fields, but the names are in column 2"},
      {"domain\n\"a.example\nb.example\n", "names.csv:2: a quote is opened here and never closed"},
      {"domain\n\"a.example\"x\n", "names.csv:2: text behind a closing quote"},
      {"domain\na.example\n", "no column \"rank\"; there are \"domain\"", {.column = "rank"}},
      {std::string("a\0.example\n", 11), "names.csv:1: a zero byte"},
  };
  for (const auto& bad : kBad) {
    const auto result = sampled(bad.text, bad.options);
    ASSERT_FALSE(result) << bad.text;
    if (bad.text != "\n\n") {
      EXPECT_THAT(result.error().detail, HasSubstr(bad.words)) << bad.text;
    }
    EXPECT_EQ(result.error().code, Errc::bad_argument);
  }
}

TEST(DomainsTest, RecordsWithoutANameAreLeftOutAndCounted) {
  const auto domains = sampled("domain\na.example\nno name\n1.5\nb.example\na.example\n").value();
  EXPECT_THAT(domains.names, UnorderedElementsAre("a.example", "b.example"));
  EXPECT_EQ(domains.rows, 5u);
  EXPECT_EQ(domains.not_names, 2u);
  EXPECT_EQ(domains.first_not_name, 3u);
  EXPECT_EQ(domains.repeated, 1u);
}

TEST(DomainsTest, ASampleIsOfTheWholeFileAndTheSameForTheSameSeed) {
  std::string text = "domain\n";
  for (int i = 0; i < 20'000; ++i) text += "n" + std::to_string(10'000 + i) + ".example\n";
  const auto sample = [&](std::uint64_t seed) {
    return sample_domains(std::make_unique<TextSource>(text, 65'536), "names.csv",
                          {.sample = 2'000, .seed = seed})
        .value()
        .names;
  };
  const auto names = sample(1);
  EXPECT_EQ(names, sample(1));
  EXPECT_NE(names, sample(2));
  ASSERT_EQ(names.size(), 2'000u);
  // A tenth of each tenth; the standard deviation is 13.
  std::vector<int> tenths(10);
  for (const auto& name : names)
    ++tenths[(static_cast<std::size_t>(std::stoi(name.substr(1))) - 10'000) / 2'000];
  for (const int count : tenths) EXPECT_NEAR(count, 200, 80);
  // And no order is left: the first of them are not the first of the file.
  int early = 0;
  for (std::size_t i = 0; i < 100; ++i) early += std::stoi(names[i].substr(1)) < 20'000;
  EXPECT_NEAR(early, 50, 30);
}

TEST(DomainsTest, AReplayKeepsTheOrderAndRanksTheNames) {
  const auto replay =
      replay_domains(
          std::make_unique<TextSource>(
              "rare.example\nhot.example\nhot.example\nmid.example\nhot.example\nmid.example\n"),
          "r.csv", {})
          .value();
  EXPECT_THAT(replay.names, ElementsAre("hot.example", "mid.example", "rare.example"));
  EXPECT_THAT(replay.order, ElementsAre(2, 0, 0, 1, 0, 1));
}

TEST(DomainsTest, MadeUpNamesAreDistinctNamesAndTheSameForTheSameSeed) {
  const auto names = synthetic_domains(5'000, 7);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 5'000u);
  for (const auto& name : names) EXPECT_EQ(domain_name(name), name);
  EXPECT_EQ(names, synthetic_domains(5'000, 7));
  EXPECT_NE(names, synthetic_domains(5'000, 8));
}

TEST(DomainsTest, WhatIsNoNameOfADomain) {
  const std::string label(63, 'a');
  EXPECT_EQ(domain_name(" Www.Example.COM. "), "www.example.com");
  EXPECT_TRUE(domain_name(label + ".example"));
  for (const std::string bad :
       {"", ".", "com", "a..b", ".a.b", "a b.c", "192.0.2.1", "3.14", "http://a.b"})
    EXPECT_FALSE(domain_name(bad)) << bad;
  EXPECT_FALSE(domain_name(label + "a.example"));
  EXPECT_FALSE(domain_name(label + "." + label + "." + label + "." + label + ".example"));
}

}  // namespace
}  // namespace larder::lab
