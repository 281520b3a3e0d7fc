// Messages and rdata by our codec and by ldns (NLnet Labs): what one writes the other reads, and both say the same of it in words.
#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/types.hpp"
#include "support/seed.hpp"

namespace larder::dns {
namespace {

using Packet = std::unique_ptr<ldns_pkt, void (*)(ldns_pkt*)>;

Packet read_by_ldns(std::string_view wire) {
  ldns_pkt* packet = nullptr;
  const auto status =
      ldns_wire2pkt(&packet, reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size());
  if (status != LDNS_STATUS_OK) packet = nullptr;
  return {packet, &ldns_pkt_free};
}

std::string written_by_ldns(const ldns_pkt* packet) {
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  EXPECT_EQ(ldns_pkt2wire(&wire, packet, &size), LDNS_STATUS_OK);
  std::string bytes(reinterpret_cast<const char*>(wire), size);
  std::free(wire);
  return bytes;
}

/// "10 mail.example." of one record, as ldns writes it.
std::string rdata_by_ldns(const ldns_rr* record) {
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    char* const word = ldns_rdf2str(ldns_rr_rdf(record, i));
    text += (i == 0 ? "" : " ") + std::string(word);
    std::free(word);
  }
  return text;
}

struct Sample {
  std::uint16_t type;
  const char* text;
};
constexpr Sample kSamples[] = {
    {type::kA, "192.0.2.1"},
    {type::kAaaa, "2001:db8::1"},
    {type::kAaaa, "::1"},
    {type::kAaaa, "2001:db8:0:1:1:1:1:1"},
    {type::kCname, "web.example.com."},
    {type::kNs, "ns1.example.com."},
    {type::kPtr, "host.example.com."},
    {type::kMx, "10 mail.example.com."},
    {type::kTxt, "\"v=spf1 -all\" \"two words\""},
    {type::kSrv, "0 5 5060 sip.example.com."},
    {type::kSoa, "ns.example.com. root.example.com. 2026113001 7200 900 1209600 300"},
    {type::kCaa, "0 issue \"ca.example.net\""}};

// In lower case: ldns compresses names that differ in case to one of them.
std::string random_name(base::Random& random) {
  static const char* const kLabels[] = {"www", "example", "org", "com", "a", "x-1", "_sip", "mail"};
  std::string text;
  for (auto left = 1 + random.below(5); left > 0; --left)
    text += std::string(kLabels[random.below(std::size(kLabels))]) + ".";
  return name_from_text(text).value();
}

Message random_message(base::Random& random) {
  Message message;
  message.id = static_cast<std::uint16_t>(random());
  message.response = true;
  message.recursion_desired = random.below(2) == 0;
  message.recursion_available = random.below(2) == 0;
  message.authentic = random.below(2) == 0;
  message.rcode = random.below(2) == 0 ? rcode::kNxDomain : rcode::kNoError;
  message.question = Asked{random_name(random), type::kA, kClassIn};
  for (auto* section : {&message.answers, &message.authority, &message.additional}) {
    for (auto left = random.below(5); left > 0; --left) {
      const Sample& sample = kSamples[random.below(std::size(kSamples))];
      section->push_back({random_name(random), sample.type, kClassIn,
                          static_cast<std::uint32_t>(random.below(100'000)),
                          rdata_from_text(sample.type, sample.text).value()});
    }
  }
  return message;
}

TEST(DnsDifferential, BothSayTheSameOfRdata) {
  for (const Sample& sample : kSamples) {
    Message message;
    message.question = Asked{name_from_text("example.com").value(), sample.type, kClassIn};
    message.answers.push_back({name_from_text("example.com").value(), sample.type, kClassIn, 60,
                               rdata_from_text(sample.type, sample.text).value()});
    const auto packet = read_by_ldns(build_message(message));
    ASSERT_TRUE(packet) << sample.text;
    EXPECT_EQ(rdata_by_ldns(ldns_rr_list_rr(ldns_pkt_answer(packet.get()), 0)),
              rdata_to_text(sample.type, message.answers[0].rdata));
  }
}

TEST(DnsDifferential, MessagesSurviveBothWays) {
  base::Random random(test::seed());
  for (int i = 0; i < 2'000; ++i) {
    const Message message = random_message(random);
    const auto packet = read_by_ldns(build_message(message));
    ASSERT_TRUE(packet) << "message " << i;
    const auto back = parse_message(written_by_ldns(packet.get()));
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_EQ(*back, message);
  }
}

TEST(DnsDifferential, WhatOneRefusesOfBrokenMessagesTheOtherDoesNotMisread) {
  base::Random random(test::seed());
  int both = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string wire = build_message(random_message(random));
    for (auto left = 1 + random.below(4); left > 0; --left)
      wire[random.below(wire.size())] = static_cast<char>(random());
    const auto ours = parse_message(wire);
    const auto theirs = read_by_ldns(wire);
    if (!ours || !theirs) continue;  // We are stricter with pointers, they with rdata.
    ++both;
    ASSERT_EQ(ours->answers.size(), ldns_pkt_ancount(theirs.get()));
    for (std::size_t j = 0; j < ours->answers.size(); ++j) {
      EXPECT_EQ(ours->answers[j].type,
                ldns_rr_get_type(ldns_rr_list_rr(ldns_pkt_answer(theirs.get()), j)));
    }
  }
  EXPECT_GT(both, 1'000);
}

}  // namespace
}  // namespace larder::dns
