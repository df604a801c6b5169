//! The colours of the themes, and what is nearest to them in a palette of 256.

use super::TINTS;
use ratatui::style::Color;

/// The colours that a theme chooses; everything else about a look is the same in all themes.
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
}

const fn rgb(hex: u32) -> Color {
    Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub(super) const DARK: Palette = Palette {
    text: rgb(0xd4_d4_d4),
    dim: rgb(0x9a_9a_9a),
    frame: rgb(0x80_80_80),
    title: rgb(0xff_ff_ff),
    key: rgb(0xff_d8_66),
    error: rgb(0xff_7b_72),
    notice: rgb(0xe6_c3_84),
    progress: rgb(0x7e_e7_87),
    label: rgb(0xff_d8_66),
    tints: [
        rgb(0x79_b8_ff), // Gene
        rgb(0x56_d4_f5), // Protein
        rgb(0x9a_b0_ff), // Enzyme
        rgb(0xf2_e2_6b), // Reg
        rgb(0x85_d9_7a), // PosReg
        rgb(0xff_a1_57), // NegReg
        rgb(0xff_8f_a3), // Var
        rgb(0xd2_a8_ff), // MPA
        rgb(0xf0_9e_e8), // CPA
        rgb(0x6f_dc_c4), // Interaction
        rgb(0xc9_b8_8a), // Pathway
        rgb(0xff_7b_72), // Disease
        rgb(0xc0_c0_c0),
    ],
};

pub(super) const LIGHT: Palette = Palette {
    text: rgb(0x24_29_2e),
    dim: rgb(0x5f_66_6d),
    frame: rgb(0x6f_76_7d),
    title: rgb(0x00_00_00),
    key: rgb(0x8a_4b_00),
    error: rgb(0xb3_1d_28),
    notice: rgb(0x7a_4a_00),
    progress: rgb(0x1a_6b_2c),
    label: rgb(0x8a_4b_00),
    tints: [
        rgb(0x0b_5c_c4), // Gene
        rgb(0x00_67_85), // Protein
        rgb(0x3b_3f_c4), // Enzyme
        rgb(0x6e_5c_00), // Reg
        rgb(0x1a_6b_2c), // PosReg
        rgb(0xa3_41_00), // NegReg
        rgb(0xb0_1d_4b), // Var
        rgb(0x6b_3f_b8), // MPA
        rgb(0x9b_1d_8a), // CPA
        rgb(0x00_6b_57), // Interaction
        rgb(0x6b_55_1d), // Pathway
        rgb(0xb3_1d_28), // Disease
        rgb(0x4f_56_5d),
    ],
};

/// The terminal's own 16 colours; text keeps the terminal's default so that light and dark both work.
pub(super) const SIXTEEN: Palette = Palette {
    text: Color::Reset,
    dim: Color::DarkGray,
    frame: Color::DarkGray,
    title: Color::Reset,
    key: Color::Yellow,
    error: Color::Red,
    notice: Color::Yellow,
    progress: Color::Green,
    label: Color::Yellow,
    tints: [
        Color::Blue,
        Color::LightBlue,
        Color::Cyan,
        Color::Yellow,
        Color::Green,
        Color::LightRed,
        Color::Magenta,
        Color::LightMagenta,
        Color::LightCyan,
        Color::LightGreen,
        Color::LightYellow,
        Color::Red,
        Color::Reset,
    ],
};

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

    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(r, g, b) = colour else { panic!("{colour:?} is no RGB colour") };
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.039_28 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// WCAG 2.1, "contrast ratio".
    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_types_are_readable_on_usual_backgrounds() {
        for (palette, grounds) in [(&DARK, [0x00_00_00, 0x28_2c_34]), (&LIGHT, [0xff_ff_ff, 0xfd_f6_e3])] {
            for ground in grounds.map(rgb) {
                for colour in palette.tints.iter().chain([&palette.text, &palette.dim, &palette.key, &palette.error]) {
                    assert!(contrast(*colour, ground) >= 4.5, "{colour:?} on {ground:?}: {:.2}", contrast(*colour, ground));
                }
            }
        }
    }

    #[test]
    fn types_have_different_colours() {
        for palette in [&DARK, &LIGHT, &SIXTEEN] {
            for (i, a) in palette.tints.iter().enumerate() {
                assert!(!palette.tints.iter().skip(i + 1).any(|b| a == b), "{a:?} twice");
            }
        }
    }

    #[test]
    fn the_nearest_of_256() {
        assert_eq!(nearest_indexed(rgb(0xff_00_00)), Color::Indexed(196));
        assert_eq!(nearest_indexed(rgb(0x08_08_08)), Color::Indexed(232));
        assert_eq!(nearest_indexed(Color::Reset), Color::Reset);
    }
}
