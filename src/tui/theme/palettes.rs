//! The colours of the themes, read from TOML, and what is nearest to them in a palette of 256.

use super::{ALL_TINTS, TINTS};
use crate::document::Tint;
use ratatui::style::Color;
use serde::Deserialize;
use std::collections::HashMap;
use std::str::FromStr as _;

/// The themes that are built in, by name.
pub(super) const BUILT_IN: [(&str, &str); 5] = [
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../assets/themes/colour-blind.toml")),
    ("16-colour", include_str!("../../../assets/themes/16-colour.toml")),
];

/// The most themes that may build on one another.
const DEEPEST: usize = 8;

/// A theme that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// Not TOML, or not the fields of a theme.
    #[error("the theme can't be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A colour that is none.
    #[error("in the theme, {field} = \"{value}\" is no colour: write \"#rrggbb\", a name such as light-blue, or default")]
    Colour {
        /// Where it stands.
        field: String,
        /// What stands there.
        value: String,
    },
    /// A base that does not exist.
    #[error("the theme builds on \"{0}\", which is not built in: {names} are", names = names())]
    Base(String),
    /// A theme without a base has to say everything.
    #[error("the theme does not say {0}; with a line such as base = \"dark\" it takes the rest from there")]
    Missing(&'static str),
}

/// The names of the themes that are built in, for a sentence.
fn names() -> String {
    BUILT_IN.map(|(name, _)| name).join(", ")
}

/// A theme as it stands in a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    base: Option<String>,
    backgrounds: Vec<String>,
    paint: Option<bool>,
    text: Option<String>,
    dim: Option<String>,
    frame: Option<String>,
    title: Option<String>,
    key: Option<String>,
    error: Option<String>,
    notice: Option<String>,
    progress: Option<String>,
    label: Option<String>,
    types: HashMap<Tint, String>,
}

/// The colours that a theme chooses; everything else about a look is the same in all themes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Palette {
    pub text: Color,
    pub dim: Color,
    pub frame: Color,
    pub title: Color,
    pub key: Color,
    pub error: Color,
    pub notice: Color,
    pub progress: Color,
    pub label: Color,
    /// In the order of `ALL_TINTS`.
    pub tints: [Color; TINTS],
    /// What the screen is filled with; `None` leaves the terminal's own background.
    pub paint: Option<Color>,
    /// The backgrounds that it is meant for.
    pub backgrounds: Vec<Color>,
}

impl Palette {
    /// One that is built in.
    pub(super) fn built_in(name: &str) -> Option<Result<Self, ThemeError>> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, source)| Self::from_toml(source))
    }

    /// Reads a theme; what it does not say it takes from its base.
    pub(super) fn from_toml(source: &str) -> Result<Self, ThemeError> {
        Self::read(source, DEEPEST)
    }

    fn read(source: &str, depth: usize) -> Result<Self, ThemeError> {
        let file: File = toml::from_str(source)?;
        let base = match &file.base {
            None => None,
            Some(name) => {
                let known = BUILT_IN.iter().find(|(known, _)| known == name).filter(|_| depth > 0);
                let (_, source) = known.ok_or_else(|| ThemeError::Base(name.clone()))?;
                Some(Self::read(source, depth - 1)?)
            }
        };
        let base = base.as_ref();
        let pick = |field: &'static str, own: &Option<String>, base: Option<Color>| match own {
            Some(value) => colour(field, value),
            None => base.ok_or(ThemeError::Missing(field)),
        };
        let backgrounds = file.backgrounds.iter().map(|value| colour("backgrounds", value)).collect::<Result<Vec<_>, _>>()?;
        let backgrounds =
            if backgrounds.is_empty() { base.map(|it| it.backgrounds.clone()).unwrap_or_default() } else { backgrounds };
        let paint = file.paint.unwrap_or_else(|| base.is_some_and(|it| it.paint.is_some()));
        let mut tints = base.map_or([Color::Reset; TINTS], |it| it.tints);
        for (tint, place) in ALL_TINTS.iter().zip(&mut tints) {
            match file.types.get(tint) {
                Some(value) => *place = colour("types", value)?,
                None if base.is_none() => return Err(ThemeError::Missing("all types")),
                None => {}
            }
        }
        Ok(Self {
            text: pick("text", &file.text, base.map(|it| it.text))?,
            dim: pick("dim", &file.dim, base.map(|it| it.dim))?,
            frame: pick("frame", &file.frame, base.map(|it| it.frame))?,
            title: pick("title", &file.title, base.map(|it| it.title))?,
            key: pick("key", &file.key, base.map(|it| it.key))?,
            error: pick("error", &file.error, base.map(|it| it.error))?,
            notice: pick("notice", &file.notice, base.map(|it| it.notice))?,
            progress: pick("progress", &file.progress, base.map(|it| it.progress))?,
            label: pick("label", &file.label, base.map(|it| it.label))?,
            tints,
            paint: backgrounds.first().copied().filter(|_| paint),
            backgrounds,
        })
    }
}

fn colour(field: &str, value: &str) -> Result<Color, ThemeError> {
    let known = if value == "default" { Ok(Color::Reset) } else { Color::from_str(value) };
    known.map_err(|_| ThemeError::Colour { field: field.to_owned(), value: value.to_owned() })
}

/// The colour of the 6×6×6 cube or of the greys that is nearest to an RGB colour; other colours stay.
pub(super) fn nearest_indexed(colour: Color) -> Color {
    const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(r, g, b) = colour else { return colour };
    let rgb = [i32::from(r), i32::from(g), i32::from(b)];
    let distance = |other: [i32; 3]| rgb.iter().zip(other).map(|(a, b)| (a - b).pow(2)).sum::<i32>();
    let cube = (0..216u8).map(|i| {
        let level = |n: u8| LEVELS.get(usize::from(n % 6)).copied().unwrap_or(0);
        (16 + i, [level(i / 36), level(i / 6), level(i)])
    });
    let greys = (0..24u8).map(|i| (232 + i, [8 + 10 * i32::from(i); 3]));
    let nearest = cube.chain(greys).min_by_key(|(_, other)| distance(*other));
    nearest.map_or(colour, |(index, _)| Color::Indexed(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in(name: &str) -> Palette {
        Palette::built_in(name).unwrap().unwrap()
    }

    const fn rgb(hex: u32) -> Color {
        Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
    }

    /// Linear light of the three channels.
    fn linear(colour: Color) -> [f64; 3] {
        let Color::Rgb(r, g, b) = colour else { panic!("{colour:?} is no RGB colour") };
        [r, g, b].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn luminance([r, g, b]: [f64; 3]) -> f64 {
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// WCAG 2.1, "contrast ratio".
    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(linear(a)), luminance(linear(b)));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_types_are_readable_on_the_backgrounds_they_are_for() {
        for (name, least, frame) in
            [("dark", 4.5, 3.0), ("light", 4.5, 3.0), ("high-contrast", 7.0, 7.0), ("colour-blind", 4.5, 3.0)]
        {
            let palette = built_in(name);
            assert!(!palette.backgrounds.is_empty());
            for ground in &palette.backgrounds {
                let named = [palette.text, palette.dim, palette.title, palette.key, palette.error, palette.notice, palette.label];
                for colour in palette.tints.iter().chain(&named) {
                    let found = contrast(*colour, *ground);
                    assert!(found >= least, "{name}: {colour:?} on {ground:?} has {found:.2}");
                }
                assert!(contrast(palette.frame, *ground) >= frame, "{name}: the frame on {ground:?}");
            }
        }
    }

    #[test]
    fn types_have_different_colours() {
        for (name, _) in BUILT_IN {
            let palette = built_in(name);
            for (i, a) in palette.tints.iter().enumerate() {
                assert!(!palette.tints.iter().skip(i + 1).any(|b| a == b), "{name}: {a:?} twice");
            }
        }
    }

    /// CIE L*a*b* under D65.
    fn lab(light: [f64; 3]) -> [f64; 3] {
        let [r, g, b] = light;
        let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.950_47);
        let y = f(luminance(light));
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.088_83);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// What the eyes of Machado, Oliveira and Fernandes (2009) see at severity 1: all cones, no L, no M.
    const SIGHTS: [[[f64; 3]; 3]; 3] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ];

    #[test]
    fn without_red_or_green_cones_types_are_told_apart() {
        let palette = built_in("colour-blind");
        for sight in SIGHTS {
            let seen = palette.tints.map(|colour| {
                let light = linear(colour);
                lab(sight.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0)))
            });
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen.iter().enumerate().skip(i + 1) {
                    let apart = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(apart >= 20.0, "{:?} and {:?} are {apart:.1} apart", ALL_TINTS[i], ALL_TINTS[j]);
                }
            }
        }
    }

    #[test]
    fn a_theme_of_ones_own_says_what_it_changes() {
        let palette = Palette::from_toml("base = 'light'\nkey = '#112233'\n[types]\ngene = 'light-blue'").unwrap();
        assert_eq!((palette.key, palette.tints[0], palette.text), (rgb(0x11_22_33), Color::LightBlue, built_in("light").text));
        let error = |source: &str| Palette::from_toml(source).unwrap_err().to_string();
        assert!(error("base = 'lihgt'").contains("\"lihgt\""));
        assert!(error("text = '#fff'").contains("base ="), "{}", error("text = '#fff'"));
        assert!(error("base = 'dark'\nkey = 'yelow'").contains("key = \"yelow\""));
        assert!(error("base = 'dark'\nkye = 'red'").contains("kye"));
    }

    #[test]
    fn the_nearest_of_256() {
        assert_eq!(nearest_indexed(rgb(0xff_00_00)), Color::Indexed(196));
        assert_eq!(nearest_indexed(rgb(0x08_08_08)), Color::Indexed(232));
        assert_eq!(nearest_indexed(Color::Reset), Color::Reset);
    }
}
