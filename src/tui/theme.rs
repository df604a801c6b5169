//! What things look like: one field per thing, for terminals with true colour, 256, 16 and no colours.

mod palettes;

pub use palettes::ThemeError;

use crate::document::{Status, Tint};
use palettes::Palette;
use ratatui::style::{Color, Modifier, Style};

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The palette of 256.
    Palette,
    /// The 16 colours of the terminal's own theme.
    Sixteen,
    /// None: only bold, dim, underlined, reversed, struck.
    None,
}

impl Depth {
    /// What the terminal shows, as `NO_COLOR`, `COLORTERM`, `TERM` and `COLORFGBG` have it.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> (Self, Background) {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let depth = if set("NO_COLOR").is_some() || term == "dumb" {
            Self::None
        } else if set("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit") || set("WT_SESSION").is_some() {
            Self::True
        } else if term.contains("256color") || term.contains("kitty") || term.contains("alacritty") {
            Self::Palette
        } else {
            Self::Sixteen
        };
        // `15;0` is white on black; 7 and 15 are the light backgrounds.
        let back = set("COLORFGBG").and_then(|value| value.rsplit(';').next().and_then(|back| back.parse::<u8>().ok()));
        (depth, if matches!(back, Some(7 | 15)) { Background::Light } else { Background::Dark })
    }
}

/// Whether the terminal's background is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// Light letters on dark.
    #[default]
    Dark,
    /// Dark letters on light.
    Light,
}

/// The look of everything on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// The document's text.
    pub text: Style,
    /// What explains and counts.
    pub dim: Style,
    /// Borders.
    pub frame: Style,
    /// Headings.
    pub title: Style,
    /// Keys in legend, help and pop-ups.
    pub key: Style,
    /// The focused span or relation; added to its own style.
    pub focus: Style,
    /// The word under the cursor when no span is there; added to its own style.
    pub cursor: Style,
    /// The words of a selection; added to their own style.
    pub selection: Style,
    /// Both ends of the focused relation; added to their own style.
    pub partner: Style,
    /// Marks for characters that are shown instead of sent.
    pub mark: Style,
    /// Labels to jump to.
    pub label: Style,
    /// A found search text; added to its own style.
    pub found: Style,
    /// The chosen row of a list.
    pub chosen: Style,
    /// A message.
    pub notice: Style,
    /// A message that something failed.
    pub error: Style,
    /// The progress dots that are full.
    pub progress: Style,
    /// Added to spans and relations that nobody decided on yet.
    pub proposed: Style,
    /// Added to what stands as it was made.
    pub accepted: Style,
    /// Added to what stands after a change.
    pub corrected: Style,
    /// Added to what was refused.
    pub rejected: Style,
    /// One per [`Tint`], in its order.
    pub tints: [Style; TINTS],
}

/// Number of tints.
pub const TINTS: usize = 13;

/// All tints in the order in which themes list them.
pub const ALL_TINTS: [Tint; TINTS] = [
    Tint::Gene,
    Tint::Protein,
    Tint::Enzyme,
    Tint::Regulation,
    Tint::PositiveRegulation,
    Tint::NegativeRegulation,
    Tint::Variation,
    Tint::MolecularActivity,
    Tint::CellActivity,
    Tint::Interaction,
    Tint::Pathway,
    Tint::Disease,
    Tint::Other,
];

impl Theme {
    /// The names of the themes that are built in.
    pub const NAMES: [&str; 5] = {
        let mut names = [""; 5];
        let mut i = 0;
        while i < names.len() {
            names[i] = palettes::BUILT_IN[i].0;
            i += 1;
        }
        names
    };

    /// The usual theme for a terminal.
    pub fn new(depth: Depth, background: Background) -> Self {
        let name = match (depth, background) {
            (Depth::Sixteen, _) => "16-colour",
            (_, Background::Dark) => "dark",
            (_, Background::Light) => "light",
        };
        Self::named(name, depth).unwrap_or_else(Self::without_colours)
    }

    /// One that is built in; `None` when there is none of this name.
    pub fn named(name: &str, depth: Depth) -> Option<Self> {
        Palette::built_in(name)?.ok().map(|palette| Self::of(&palette, depth))
    }

    /// A theme of the user's own.
    ///
    /// # Errors
    /// [`ThemeError`] when it can't be read, names no colour where one is wanted, or leaves something out.
    pub fn from_toml(source: &str, depth: Depth) -> Result<Self, ThemeError> {
        Ok(Self::of(&Palette::from_toml(source)?, depth))
    }

    fn of(palette: &Palette, depth: Depth) -> Self {
        let theme = Self::without_colours();
        match depth {
            Depth::None => theme,
            Depth::Palette => theme.coloured(palette).map_colours(palettes::nearest_indexed),
            Depth::True | Depth::Sixteen => theme.coloured(palette),
        }
    }

    /// The theme that the environment asks for.
    #[cfg(test)]
    fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let (depth, background) = Depth::detect(variable);
        Self::new(depth, background)
    }

    /// Everything told apart without a colour.
    fn without_colours() -> Self {
        let plain = Style::new();
        let with = |modifier| Style::new().add_modifier(modifier);
        Self {
            text: plain,
            dim: with(Modifier::DIM),
            frame: with(Modifier::DIM),
            title: with(Modifier::BOLD),
            key: with(Modifier::BOLD),
            focus: with(Modifier::REVERSED.union(Modifier::BOLD)).remove_modifier(Modifier::DIM),
            cursor: with(Modifier::UNDERLINED.union(Modifier::BOLD)),
            selection: with(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            partner: with(Modifier::BOLD.union(Modifier::UNDERLINED)).remove_modifier(Modifier::DIM),
            mark: with(Modifier::REVERSED),
            label: with(Modifier::REVERSED.union(Modifier::BOLD)),
            found: with(Modifier::UNDERLINED),
            chosen: with(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            notice: plain,
            error: with(Modifier::BOLD),
            progress: plain,
            proposed: with(Modifier::DIM),
            accepted: with(Modifier::BOLD),
            corrected: with(Modifier::BOLD.union(Modifier::ITALIC)),
            rejected: with(Modifier::CROSSED_OUT.union(Modifier::DIM)),
            tints: [plain; TINTS],
        }
    }

    fn coloured(mut self, palette: &Palette) -> Self {
        let fields = [
            (&mut self.text, palette.text),
            (&mut self.dim, palette.dim),
            (&mut self.frame, palette.frame),
            (&mut self.title, palette.title),
            (&mut self.key, palette.key),
            (&mut self.error, palette.error),
            (&mut self.notice, palette.notice),
            (&mut self.progress, palette.progress),
            (&mut self.mark, palette.notice),
            (&mut self.label, palette.label),
        ];
        for (field, colour) in fields {
            *field = field.fg(colour);
        }
        if let Some(ground) = palette.paint {
            self.text = self.text.bg(ground);
        }
        // Colour says it already; a dimmed dim colour is hard to read.
        self.dim = self.dim.remove_modifier(Modifier::DIM);
        self.frame = self.frame.remove_modifier(Modifier::DIM);
        for (tint, colour) in self.tints.iter_mut().zip(palette.tints) {
            *tint = tint.fg(colour);
        }
        self
    }

    fn map_colours(mut self, convert: fn(Color) -> Color) -> Self {
        let named = [
            &mut self.text,
            &mut self.dim,
            &mut self.frame,
            &mut self.title,
            &mut self.key,
            &mut self.error,
            &mut self.notice,
            &mut self.progress,
            &mut self.mark,
            &mut self.label,
        ];
        for style in named.into_iter().chain(self.tints.iter_mut()) {
            style.fg = style.fg.map(convert);
            style.bg = style.bg.map(convert);
        }
        self
    }

    /// The look of a type.
    pub fn tint(&self, tint: Tint) -> Style {
        ALL_TINTS.iter().position(|other| *other == tint).and_then(|i| self.tints.get(i)).copied().unwrap_or(self.text)
    }

    /// What a state adds to the look of a type.
    pub fn state(&self, status: Status) -> Style {
        match status {
            Status::Proposed => self.proposed,
            Status::Accepted => self.accepted,
            Status::Corrected => self.corrected,
            Status::Rejected => self.rejected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(pairs: &[(&str, &str)]) -> Theme {
        Theme::detect(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_decides() {
        assert_eq!(detected(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]), Theme::new(Depth::None, Background::Dark));
        assert_eq!(detected(&[("NO_COLOR", ""), ("COLORTERM", "truecolor")]), Theme::new(Depth::True, Background::Dark));
        assert_eq!(detected(&[("TERM", "xterm-256color")]), Theme::new(Depth::Palette, Background::Dark));
        assert_eq!(detected(&[("COLORTERM", "truecolor"), ("COLORFGBG", "0;15")]), Theme::new(Depth::True, Background::Light));
        assert_eq!(detected(&[("TERM", "linux")]), Theme::new(Depth::Sixteen, Background::Dark));
    }

    #[test]
    fn no_colour_means_no_colour_and_still_four_states() {
        let theme = Theme::new(Depth::None, Background::Dark);
        assert!(theme.tints.iter().chain([&theme.text, &theme.error, &theme.key]).all(|style| style.fg.is_none()));
        let states = [Status::Proposed, Status::Accepted, Status::Corrected, Status::Rejected].map(|s| theme.state(s));
        for (i, a) in states.iter().enumerate() {
            assert!(states.iter().skip(i + 1).all(|b| a != b));
        }
    }
}
