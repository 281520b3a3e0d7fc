// The registry and its text. Only `add`, `set` and `observe` are hot; everything else may search.
#include "base/metrics.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace larder::base {
namespace detail {

namespace {

static_assert(kOwnSlots <= 32);
constinit std::atomic<std::uint32_t> owned{0};  ///< A bit for each slot that has an owner.
constinit std::atomic<std::uint32_t> next_shared{0};

std::uint32_t shared_slot() noexcept {
  return kOwnSlots + next_shared.fetch_add(1, std::memory_order_relaxed) % kSharedSlots;
}

// Taking a slot acquires what giving it back released: the new owner goes on from the last count of
// the one before.
std::uint32_t own_or_shared_slot() noexcept {
  std::uint32_t taken = owned.load(std::memory_order_relaxed);
  for (;;) {
    const auto slot = static_cast<std::uint32_t>(std::countr_one(taken));
    if (slot >= kOwnSlots) return shared_slot();
    if (owned.compare_exchange_weak(taken, taken | 1u << slot, std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
      return slot;
    }
  }
}

/// Gives the slot back when the thread ends. What the thread counts after that, in destructors of
/// other thread-locals, it counts in a shared one.
struct SlotKeeper {
  SlotKeeper() noexcept { thread_slot = own_or_shared_slot(); }
  ~SlotKeeper() {
    const std::uint32_t slot = std::exchange(thread_slot, shared_slot());
    if (slot < kOwnSlots) owned.fetch_and(~(1u << slot), std::memory_order_release);
  }
};

}  // namespace

std::uint32_t take_slot() noexcept {
  thread_local const SlotKeeper keeper;
  return thread_slot;
}

}  // namespace detail

namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out.push_back(c);
    }
  }
}

/// `a="1",b="2"`: also the identity of a series.
std::string label_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text.push_back(',');
    text.append(name).append("=\"");
    append_escaped(text, value, true);
    text.push_back('"');
  }
  return text;
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char buffer[32];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
}

/// name{labels,extra} value
void append_sample(std::string& out, std::string_view name, std::string_view suffix,
                   std::string_view labels, std::string_view extra, double value) {
  out.append(name).append(suffix);
  if (!labels.empty() || !extra.empty()) {
    out.append("{").append(labels);
    if (!labels.empty() && !extra.empty()) out.push_back(',');
    out.append(extra).append("}");
  }
  out.push_back(' ');
  append_number(out, value);
  out.push_back('\n');
}

double seconds(Nanos duration) { return static_cast<double>(duration.count()) / 1e9; }

void append_timing(std::string& out, std::string_view name, std::string_view labels,
                   const Timing& timing) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= Timing::kBounds; ++i) {
    std::string bound = "le=\"";
    append_number(bound, i < Timing::kBounds ? seconds(Timing::bound(i)) : INFINITY);
    bound.push_back('"');
    // Buckets are read one after the other while others count: never let the running total fall.
    total = std::max(total, timing.at_most(i));
    append_sample(out, name, "_bucket", labels, bound, static_cast<double>(total));
  }
  append_sample(out, name, "_sum", labels, "", seconds(timing.sum()));
  append_sample(out, name, "_count", labels, "", static_cast<double>(total));
}

}  // namespace

std::uint64_t Counter::value() const noexcept {
  std::uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
  return sum;
}

void Timing::observe(Nanos duration) noexcept {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
  // Bucket i holds (1000 << (i-1), 1000 << i]; the last holds the rest.
  const auto bucket = ns <= 1000 ? 0 : static_cast<std::size_t>(std::bit_width((ns - 1) / 1000));
  Cell& cell = cells_[detail::metric_slot() % cells_.size()];
  cell.buckets[std::min(bucket, kBounds)].fetch_add(1, std::memory_order_relaxed);
  cell.sum_ns.fetch_add(ns, std::memory_order_relaxed);
}

std::uint64_t Timing::at_most(std::size_t i) const noexcept {
  std::uint64_t sum = 0;
  for (const Cell& cell : cells_) {
    for (std::size_t b = 0; b <= i; ++b) sum += cell.buckets[b].load(std::memory_order_relaxed);
  }
  return sum;
}

std::uint64_t Timing::count() const noexcept { return at_most(kBounds); }

Nanos Timing::sum() const noexcept {
  std::uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.sum_ns.load(std::memory_order_relaxed);
  return Nanos{static_cast<std::int64_t>(sum)};
}

struct Metrics::Series {
  std::string labels;
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Timing> timing;
  std::function<double()> read;
};

struct Metrics::Family {
  std::string name, help, type;
  std::vector<std::unique_ptr<Series>> series;
};

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Series& Metrics::series(std::string_view name, std::string_view help,
                                 std::string_view type, const Labels& labels) {
  auto family = std::find_if(families_.begin(), families_.end(),
                             [&](const auto& f) { return f->name == name; });
  if (family == families_.end()) {
    families_.push_back(std::make_unique<Family>(
        Family{std::string(name), std::string(help), std::string(type), {}}));
    family = std::prev(families_.end());
  }
  LARDER_ASSERT((*family)->type == type);  // One name, one type.
  auto& all = (*family)->series;
  const auto find = [&all](const std::string& text) {
    return std::find_if(all.begin(), all.end(), [&](const auto& s) { return s->labels == text; });
  };
  std::string text = label_text(labels);
  if (auto found = find(text); found != all.end()) return **found;
  if (all.size() >= limits::kMetricSeriesMax) {
    Labels other = labels;
    for (auto& [label, value] : other) value = "other";
    text = label_text(other);
    if (auto found = find(text); found != all.end()) return **found;
  }
  all.push_back(std::make_unique<Series>());
  all.back()->labels = std::move(text);
  return *all.back();
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  Series& found = series(name, help, "counter", labels);
  if (!found.counter) found.counter = std::make_unique<Counter>();
  return *found.counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  Series& found = series(name, help, "gauge", labels);
  if (!found.gauge) found.gauge = std::make_unique<Gauge>();
  return *found.gauge;
}

Timing& Metrics::timing(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  Series& found = series(name, help, "histogram", labels);
  if (!found.timing) found.timing = std::make_unique<Timing>();
  return *found.timing;
}

void Metrics::observe(Kind kind, std::string_view name, std::string_view help,
                      std::function<double()> read, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  series(name, help, kind == Kind::counter ? "counter" : "gauge", labels).read = std::move(read);
}

std::string Metrics::text() const {
  std::string out;
  const std::lock_guard lock(mutex_);
  for (const auto& family : families_) {
    out.append("# HELP ").append(family->name).append(" ");
    append_escaped(out, family->help, false);
    out.append("\n# TYPE ").append(family->name).append(" ").append(family->type).append("\n");
    for (const auto& s : family->series) {
      if (s->timing) append_timing(out, family->name, s->labels, *s->timing);
      if (s->counter)
        append_sample(out, family->name, "", s->labels, "",
                      static_cast<double>(s->counter->value()));
      if (s->gauge)
        append_sample(out, family->name, "", s->labels, "", static_cast<double>(s->gauge->value()));
      if (s->read) append_sample(out, family->name, "", s->labels, "", s->read());
    }
  }
  return out;
}

}  // namespace larder::base
