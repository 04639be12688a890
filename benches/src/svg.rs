//! Small charts as SVG, for light and dark pages.

use std::fmt::Write;

pub const WIDTH: f64 = 760.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 64.0;

/// The colours of the series, in the order in which they are given; each has enough contrast on white and on near black.
const STYLE: &str = "
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-size: 16px; font-weight: 600; }
    .faint { fill: #57606a; font-size: 12px; }
    .grid { stroke: #d0d7de; stroke-width: 1; }
    .line { fill: none; stroke-width: 2.5; }
    .f0 { fill: #0969da; } .s0 { stroke: #0969da; }
    .f1 { fill: #8c959f; } .s1 { stroke: #8c959f; }
    .f2 { fill: #bc4c00; } .s2 { stroke: #bc4c00; }
    .f3 { fill: #1a7f37; } .s3 { stroke: #1a7f37; }
    .f4 { fill: #8250df; } .s4 { stroke: #8250df; }
    .f5 { fill: #bf3989; } .s5 { stroke: #bf3989; }
    .f6 { fill: #9a6700; } .s6 { stroke: #9a6700; }
    .f7 { fill: #1b7c83; } .s7 { stroke: #1b7c83; }
    .f8 { fill: #cf222e; } .s8 { stroke: #cf222e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .faint { fill: #9da7b3; }
      .grid { stroke: #3d444d; }
      .f0 { fill: #4493f8; } .s0 { stroke: #4493f8; }
      .f2 { fill: #f0883e; } .s2 { stroke: #f0883e; }
      .f3 { fill: #3fb950; } .s3 { stroke: #3fb950; }
      .f4 { fill: #ab7df8; } .s4 { stroke: #ab7df8; }
      .f5 { fill: #db61a2; } .s5 { stroke: #db61a2; }
      .f6 { fill: #d29922; } .s6 { stroke: #d29922; }
      .f7 { fill: #39c5cf; } .s7 { stroke: #39c5cf; }
      .f8 { fill: #ff7b72; } .s8 { stroke: #ff7b72; }
    }
";

/// A bar for each name.
#[derive(Clone, Debug)]
pub struct Bars {
    pub title: String,
    pub unit: String,
    /// Name, length, and the class of colour.
    pub bars: Vec<(String, f64, usize)>,
}

impl Bars {
    pub fn draw(&self) -> String {
        let height = TOP + self.bars.len() as f64 * 26.0 + 16.0;
        let mut svg = begin(&self.title, &self.unit, height);
        let longest = self.bars.iter().map(|bar| bar.1).fold(0.0, f64::max);
        for (place, (name, length, colour)) in self.bars.iter().enumerate() {
            let y = TOP + place as f64 * 26.0;
            let width = (length / longest * (WIDTH - LEFT - RIGHT)).max(1.0);
            let (text_y, name_x, value_x) = (y + 14.0, LEFT - 10.0, LEFT + width + 8.0);
            text(&mut svg, name_x, text_y, "end", "", name);
            let _ = writeln!(
                svg,
                r#"  <rect class="f{colour}" x="{LEFT}" y="{y}" width="{width:.1}" height="19" rx="2"/>"#
            );
            text(&mut svg, value_x, text_y, "start", "", &show(*length));
        }
        svg + "</svg>\n"
    }
}

/// Lines over numbers that grow by powers of ten.
#[derive(Clone, Debug)]
pub struct Lines {
    pub title: String,
    pub unit: String,
    pub below: String,
    /// Whether the vertical axis grows by powers of ten too.
    pub log: bool,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    pub colour: usize,
    pub points: Vec<(f64, f64)>,
}

impl Lines {
    pub fn draw(&self) -> String {
        const HEIGHT: f64 = 400.0;
        const BOTTOM: f64 = HEIGHT - 52.0;
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let (first, last) = span(points().map(|point| point.0));
        let (low, high) = span(points().map(|point| point.1));
        let (low, high) = if self.log {
            (floor_of_ten(low), 10_f64.powf(high.log10().ceil()))
        } else {
            (0.0, (high / step(high)).ceil() * step(high))
        };
        let (left, right) = (64.0, 190.0);
        let x = |at: f64| {
            let part = (at.ln() - first.ln()) / (last.ln() - first.ln());
            left + part * (WIDTH - left - right)
        };
        let y = |at: f64| {
            let part = if self.log {
                (at.max(low).ln() - low.ln()) / (high.ln() - low.ln())
            } else {
                at / high
            };
            BOTTOM - part * (BOTTOM - TOP)
        };
        let mut svg = begin(&self.title, &self.unit, HEIGHT);
        let marks: Vec<f64> = if self.log {
            std::iter::successors(Some(low), |mark| Some(mark * 10.0))
                .take_while(|mark| *mark <= high * 1.01)
                .collect()
        } else {
            let step = step(high);
            (0..)
                .map(|count| step * f64::from(count))
                .take_while(|mark| *mark <= high * 1.001)
                .collect()
        };
        for mark in marks {
            let (at, end) = (y(mark), WIDTH - right);
            let _ = writeln!(
                svg,
                r#"  <line class="grid" x1="{left}" x2="{end}" y1="{at:.1}" y2="{at:.1}"/>"#
            );
            text(&mut svg, left - 8.0, at + 4.0, "end", "faint", &show(mark));
        }
        let mut seen: Vec<f64> = points().map(|point| point.0).collect();
        seen.sort_by(f64::total_cmp);
        seen.dedup();
        for mark in seen {
            text(
                &mut svg,
                x(mark),
                BOTTOM + 20.0,
                "middle",
                "faint",
                &show(mark),
            );
        }
        let middle = left.midpoint(WIDTH - right);
        text(
            &mut svg,
            middle,
            BOTTOM + 40.0,
            "middle",
            "faint",
            &self.below,
        );
        for (line, label_y) in self.lines.iter().zip(self.labels(&y)) {
            let colour = line.colour;
            let path: Vec<_> = line
                .points
                .iter()
                .map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1)))
                .collect();
            let path = path.join(" ");
            let _ = writeln!(
                svg,
                r#"  <polyline class="line s{colour}" points="{path}"/>"#
            );
            for point in &line.points {
                let (x, y) = (x(point.0), y(point.1));
                let _ = writeln!(
                    svg,
                    r#"  <circle class="f{colour}" cx="{x:.1}" cy="{y:.1}" r="3.5"/>"#
                );
            }
            let from = WIDTH - right;
            let class = format!("f{colour}");
            text(
                &mut svg,
                from + 10.0,
                label_y + 4.0,
                "start",
                &class,
                &line.name,
            );
        }
        svg + "</svg>\n"
    }

    /// Where each line's name stands: at its end, and not upon another.
    fn labels(&self, y: &dyn Fn(f64) -> f64) -> Vec<f64> {
        let end = |line: &Line| line.points.last().map_or(0.0, |point| y(point.1));
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by(|a, b| end(&self.lines[*a]).total_cmp(&end(&self.lines[*b])));
        let (mut places, mut last) = (vec![0.0; self.lines.len()], f64::MIN);
        for line in order {
            last = end(&self.lines[line]).max(last + 16.0);
            places[line] = last;
        }
        places
    }
}

fn begin(title: &str, unit: &str, height: f64) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n  <title>{title}</title>\n  <style>{STYLE}  </style>\n"
    );
    text(&mut svg, 16.0, 26.0, "start", "title", title);
    text(&mut svg, 16.0, 46.0, "start", "faint", unit);
    svg
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
    let _ = writeln!(
        svg,
        r#"  <text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
    );
}

fn span(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold((f64::MAX, f64::MIN), |(low, high), number| {
        (low.min(number), high.max(number))
    })
}

/// A round number, of which about four make up all.
fn step(all: f64) -> f64 {
    let ten = floor_of_ten(all / 4.0);
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * ten);
    let fits = steps.into_iter().find(|step| *step * 5.0 >= all);
    fits.unwrap_or(steps[3])
}

fn floor_of_ten(number: f64) -> f64 {
    10_f64.powf(number.max(1e-3).log10().floor())
}

/// With as many digits as one can read.
pub fn show(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        size if size >= 10_000.0 => {
            let all = format!("{number:.0}");
            let (thousands, rest) = all.split_at(all.len() - 3);
            format!("{thousands} {rest}")
        }
        size if size >= 20.0 => format!("{number:.0}"),
        size if (number - number.round()).abs() < 1e-9 => format!("{size:.0}"),
        size if size >= 1.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}
