//! What is called by name on the command line.

/// Gives an enumeration that has `ALL` and `name` its [`Display`](std::fmt::Display), its [`FromStr`](std::str::FromStr), and the error
/// of a name that stands for nothing: the name in quotes and what is said of it.
macro_rules! named {
    ($type:ident, $unknown:ident, $said:literal) => {
        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.name())
            }
        }

        #[doc = concat!("A name that stands for no [`", stringify!($type), "`].")]
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error("\"{}\" {}", .0, $said)]
        pub struct $unknown(String);

        impl ::std::str::FromStr for $type {
            type Err = $unknown;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| $unknown(name.to_owned()))
            }
        }
    };
}

pub(crate) use named;
