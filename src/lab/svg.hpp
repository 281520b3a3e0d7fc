// Plots as SVG text: lines and bars, with axes that read well, and no library.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace larder::lab {

/// One line of a plot, or one colour of bars.
struct PlotSeries {
  std::string name;
  std::vector<std::pair<double, double>> points =
      {};  ///< x and y; of bars, x is not used: the n-th is of group n.
  std::vector<std::pair<double, double>> bounds = {};  ///< Low and high of each point, or empty.
};

struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<PlotSeries> series = {};
  std::vector<std::string> groups = {};  ///< Not empty: bars, a group for each.
  bool log_x = false;                    ///< Points at or below 0 are left out; so with log_y.
  bool log_y = false;
  double y_max = 0;  ///< 0: what the points need. Linear axes begin at 0.
};

/// A whole SVG document. What cannot be drawn (no points, not a number) is left out, the frame stays.
std::string svg_of(const Plot& plot);

}  // namespace larder::lab
