//! The token requests of each minute, as a picture for light and dark pages.

use std::fmt::Write;

use crate::{counts::Counts, simulation::Setting};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 40.0;

const STYLE: &str = "text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: 600 }
  .bar { fill: #0969da } .away { fill: #bc4c00; opacity: .18 } .grid { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #4493f8 } .grid { stroke: #3d444d } }";

/// A bar for each minute, on a scale of powers of ten: the first minute is far above all others.
pub(crate) fn draw(setting: &Setting, counts: &Counts) -> String {
    let per_minute = counts.per_minute();
    let most = per_minute.iter().copied().max().unwrap_or(1).max(10);
    let decades = (most as f64).log10().ceil();
    let (width, height) = (WIDTH - LEFT - 16.0, HEIGHT - TOP - BOTTOM);
    let step = width / per_minute.len() as f64;
    let above = |count: f64| height * ((count + 1.0).log10() / decades).min(1.0);

    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">
<style>{STYLE}</style>
<text class="title" x="{LEFT}" y="20">{} replicas, tokens of {} s{}: token requests per minute</text>
"#,
        setting.replicas,
        setting.lifetime.as_secs(),
        if setting.shared_cache { ", shared" } else { "" },
    );
    for decade in 0..=decades as i32 {
        let count = 10_f64.powi(decade);
        let y = TOP + height - above(count - 1.0);
        let _ = writeln!(
            svg,
            r#"<line class="grid" x1="{LEFT}" x2="{}" y1="{y:.1}" y2="{y:.1}"/><text x="{}" y="{:.1}" text-anchor="end">{count}</text>"#,
            WIDTH - 16.0,
            LEFT - 8.0,
            y + 4.0
        );
    }
    if let Some(outage) = &setting.outage {
        let x = |at: std::time::Duration| LEFT + at.as_secs_f64() / 60.0 * step;
        let (from, to) = (x(outage.start), x(outage.end).min(WIDTH - 16.0));
        let _ = writeln!(
            svg,
            r#"<rect class="away" x="{from:.1}" y="{TOP}" width="{:.1}" height="{height}"/><text x="{from:.1}" y="{}">away</text>"#,
            to - from,
            TOP - 6.0
        );
    }
    for (minute, &count) in per_minute
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
    {
        let bar = above(count as f64);
        let _ = writeln!(
            svg,
            r#"<rect class="bar" x="{:.2}" y="{:.1}" width="{:.2}" height="{bar:.1}"/>"#,
            LEFT + minute as f64 * step,
            TOP + height - bar,
            (step * 0.9).max(0.3)
        );
    }
    let hours = per_minute.len() / 60;
    let apart = (hours / 12).max(1);
    for hour in (0..=hours).step_by(apart) {
        let x = LEFT + (hour * 60) as f64 * step;
        let _ = writeln!(
            svg,
            r#"<text x="{x:.1}" y="{}" text-anchor="middle">{hour} h</text>"#,
            HEIGHT - 16.0
        );
    }
    svg + "</svg>\n"
}
