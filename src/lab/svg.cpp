#include "lab/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>

namespace larder::lab {
namespace {

constexpr double kWidth = 860, kHeight = 460, kLeft = 78, kRight = 210, kTop = 46, kBottom = 58;
// Okabe and Ito's colours: told apart by colour-blind readers too.
constexpr std::array<const char*, 8> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                 "#e69f00", "#56b4e9", "#000000", "#8c8c00"};

std::string svg_number(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}
std::string svg_place(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}
std::string svg_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

/// 12,000 as "12k": axes have little room.
std::string tick_text(double value) {
  if (std::abs(value) >= 1e6) return svg_number(value / 1e6) + "M";
  if (std::abs(value) >= 1e4) return svg_number(value / 1e3) + "k";
  return svg_number(value);
}

struct SvgAxis {
  bool log = false;
  double low = 0, high = 1;
  double from = 0, to = 1;  ///< On the paper.

  bool shows(double value) const { return std::isfinite(value) && (!log || value > 0); }
  double at(double value) const {
    const double part =
        log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return from + std::clamp(part, 0.0, 1.0) * (to - from);
  }
  /// 1, 2 or 5 times a power of ten apart, about six of them; powers of ten on a logarithmic axis.
  std::vector<double> ticks() const {
    std::vector<double> result;
    if (log) {
      for (double t = std::pow(10, std::ceil(std::log10(low) - 1e-9)); t <= high * 1.0001; t *= 10)
        result.push_back(t);
      return result;
    }
    const double rough = (high - low) / 6, power = std::pow(10, std::floor(std::log10(rough)));
    const double step = power * (rough / power < 1.5   ? 1
                                 : rough / power < 3.5 ? 2
                                 : rough / power < 7.5 ? 5
                                                       : 10);
    for (double n = std::ceil(low / step - 1e-9) + 0.0; n * step <= high * 1.0001; ++n)
      result.push_back(n * step);
    return result;
  }
};

/// The range of one coordinate over all points, widened so that it is no point itself.
void fit_axis(SvgAxis& axis, const Plot& plot, bool of_y) {
  double low = INFINITY, high = -INFINITY;
  const auto take = [&](double value) {
    if (!axis.shows(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  };
  for (const auto& series : plot.series) {
    for (const auto& [x, y] : series.points) take(of_y ? y : x);
    if (!of_y) continue;
    for (const auto& bound : series.bounds) take(bound.second);
  }
  if (low > high) low = axis.log ? 1 : 0, high = axis.log ? 10 : 1;
  if (!axis.log) low = std::min(0.0, low);
  if (of_y && plot.y_max > 0) high = plot.y_max;
  if (high <= low) high = axis.log ? low * 10 : low + 1;
  axis.low = low;
  axis.high = of_y && plot.y_max <= 0 && !axis.log ? high * 1.05 : high;
}

std::string svg_text(double x, double y, const std::string& words, const char* more = "") {
  return "<text x=\"" + svg_place(x) + "\" y=\"" + svg_place(y) + "\" " + more + ">" +
         svg_escaped(words) + "</text>\n";
}
std::string svg_line(double x1, double y1, double x2, double y2, const char* colour,
                     const char* width = "1") {
  return "<line x1=\"" + svg_place(x1) + "\" y1=\"" + svg_place(y1) + "\" x2=\"" + svg_place(x2) +
         "\" y2=\"" + svg_place(y2) + "\" stroke=\"" + colour + "\" stroke-width=\"" + width +
         "\"/>\n";
}

std::string svg_frame(const Plot& plot, const SvgAxis& x, const SvgAxis& y) {
  std::string out = svg_text((kLeft + kWidth - kRight) / 2, 26, plot.title,
                             "text-anchor=\"middle\" font-size=\"16\" font-weight=\"bold\"");
  out +=
      svg_text((kLeft + kWidth - kRight) / 2, kHeight - 14, plot.x_label, "text-anchor=\"middle\"");
  out += "<text transform=\"translate(20," + svg_place((kTop + kHeight - kBottom) / 2) +
         ") rotate(-90)\" text-anchor=\"middle\">" + svg_escaped(plot.y_label) + "</text>\n";
  for (const double t : y.ticks()) {
    out += svg_line(x.from, y.at(t), x.to, y.at(t), "#dddddd") +
           svg_text(x.from - 8, y.at(t) + 4, tick_text(t), "text-anchor=\"end\"");
  }
  if (plot.groups.empty()) {
    for (const double t : x.ticks()) {
      out += svg_line(x.at(t), y.from, x.at(t), y.from + 5, "#444444") +
             svg_text(x.at(t), y.from + 20, tick_text(t), "text-anchor=\"middle\"");
    }
  }
  return out + svg_line(x.from, y.from, x.to, y.from, "#444444") +
         svg_line(x.from, y.from, x.from, y.to, "#444444");
}

std::string whisker(double x, const std::pair<double, double>& bound, const SvgAxis& y,
                    const char* colour) {
  return svg_line(x, y.at(bound.first), x, y.at(bound.second), colour, "1.5") +
         svg_line(x - 4, y.at(bound.first), x + 4, y.at(bound.first), colour) +
         svg_line(x - 4, y.at(bound.second), x + 4, y.at(bound.second), colour);
}

std::string line_of(const PlotSeries& series, const SvgAxis& x, const SvgAxis& y,
                    const char* colour) {
  std::string path, dots;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const auto& [px, py] = series.points[i];
    if (!x.shows(px) || !y.shows(py)) continue;
    path += (path.empty() ? "M" : " L") + svg_place(x.at(px)) + "," + svg_place(y.at(py));
    if (series.points.size() <= 24)
      dots += "<circle cx=\"" + svg_place(x.at(px)) + "\" cy=\"" + svg_place(y.at(py)) +
              "\" r=\"3.5\" fill=\"" + colour + "\"/>\n";
    if (i < series.bounds.size()) dots += whisker(x.at(px), series.bounds[i], y, colour);
  }
  return "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\"/>\n" +
         dots;
}

std::string bars_of(const Plot& plot, const SvgAxis& x, const SvgAxis& y) {
  std::string out;
  const double group = (x.to - x.from) / static_cast<double>(plot.groups.size());
  const double bar =
      group * 0.8 / static_cast<double>(std::max<std::size_t>(plot.series.size(), 1));
  for (std::size_t g = 0; g < plot.groups.size(); ++g) {
    const double left = x.from + group * (static_cast<double>(g) + 0.1);
    for (std::size_t s = 0; s < plot.series.size(); ++s) {
      const auto& series = plot.series[s];
      if (g >= series.points.size() || !y.shows(series.points[g].second)) continue;
      const double top = y.at(series.points[g].second), at = left + bar * static_cast<double>(s);
      const char* const colour = kColours[s % kColours.size()];
      out += "<rect x=\"" + svg_place(at) + "\" y=\"" + svg_place(top) + "\" width=\"" +
             svg_place(std::max(bar - 1, 0.5)) + "\" height=\"" + svg_place(y.from - top) +
             "\" fill=\"" + colour + "\"/>\n";
      if (g < series.bounds.size()) out += whisker(at + bar / 2, series.bounds[g], y, "#444444");
    }
    out += svg_text(left + group * 0.4, y.from + 20, plot.groups[g], "text-anchor=\"middle\"");
  }
  return out;
}

}  // namespace

std::string svg_of(const Plot& plot) {
  SvgAxis x{.log = plot.log_x, .from = kLeft, .to = kWidth - kRight};
  SvgAxis y{.log = plot.log_y, .from = kHeight - kBottom, .to = kTop};
  fit_axis(x, plot, false);
  fit_axis(y, plot, true);
  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 460\" width=\"860\" "
      "height=\"460\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"860\" "
      "height=\"460\" fill=\"white\"/>\n";
  out += svg_frame(plot, x, y);
  if (!plot.groups.empty()) out += bars_of(plot, x, y);
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    const char* const colour = kColours[s % kColours.size()];
    if (plot.groups.empty()) out += line_of(plot.series[s], x, y, colour);
    const double at = kTop + 10 + 20 * static_cast<double>(s);
    out += "<rect x=\"" + svg_place(kWidth - kRight + 16) + "\" y=\"" + svg_place(at - 9) +
           "\" width=\"12\" height=\"12\" fill=\"" + colour + "\"/>\n" +
           svg_text(kWidth - kRight + 34, at + 2, plot.series[s].name);
  }
  return out + "</svg>\n";
}

}  // namespace larder::lab
