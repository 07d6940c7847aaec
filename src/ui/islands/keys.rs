//! The keys that do something by themselves: one table, which the page about them draws and the browser half listens to.
//! None of them does anything in a field, with a modifier, or for who has switched them off.

macro_rules! keys {
    ($($key:ident = $pressed:literal, $place:ident, $words:literal;)*) => {
        /// What a key is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Key { $($key),* }

        impl Key {
            /// All of them, in the order in which their page tells them.
            pub const ALL: &[Self] = &[$(Self::$key),*];

            /// What is pressed: one key, as browsers call it, or one after another.
            pub fn pressed(self) -> &'static str {
                match self { $(Self::$key => $pressed),* }
            }

            /// Where it does something.
            pub fn place(self) -> Place {
                match self { $(Self::$key => Place::$place),* }
            }

            /// What it does.
            pub fn words(self) -> &'static str {
                match self { $(Self::$key => $words),* }
            }
        }
    };
}

keys! {
    Filter = "/", Everywhere, "Go to the filter of the page, or to the search";
    Next = "j", Everywhere, "Go to the next row, or to the first";
    Previous = "k", Everywhere, "Go to the row before, or to the last";
    Pull = "y", Everywhere, "Copy the pull command: of the row, or of the page";
    Compare = "c", Everywhere, "Compare what is selected, the row, or the image of the page";
    Repositories = "g r", Everywhere, "Go to the repositories";
    Search = "g s", Everywhere, "Go to the search";
    Activity = "g a", Everywhere, "Go to the activity";
    Jobs = "g j", Everywhere, "Go to the jobs";
    Trash = "g t", Everywhere, "Go to the trash";
    Keys = "?", Everywhere, "Show these keys";
    Select = "x", Tags, "Select it, or no more";
    Retag = "e", Tags, "Give its image one more name";
    Rename = "F2", Tags, "Rename it";
    Promote = "p", Tags, "Copy or promote it";
    Delete = "#", Tags, "Delete it, or all that is selected; a page asks first";
}

/// Where a key does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Everywhere,
    /// On a row of a list of tags.
    Tags,
}

// On the server nobody presses them.
#[cfg(any(test, feature = "hydrate"))]
impl Key {
    /// The key that this is, `after` what was pressed before it.
    pub fn of(pressed: &str, after: Option<&str>) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| match (key.pressed().split_once(' '), after) {
            (Some((first, second)), Some(before)) => first == before && second == pressed,
            (None, None) => key.pressed() == pressed,
            _ => false,
        })
    }

    /// Whether another one follows upon this.
    pub fn begins(pressed: &str) -> bool {
        Self::ALL.iter().any(|key| key.pressed().split_once(' ').is_some_and(|(first, _)| first == pressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_found_by_what_is_pressed_and_by_nothing_else() {
        for key in Key::ALL.iter().copied() {
            let (after, pressed) = match key.pressed().split_once(' ') {
                Some((first, second)) => (Some(first), second),
                None => (None, key.pressed()),
            };
            assert_eq!(Key::of(pressed, after), Some(key), "no two are the same");
            assert!(
                after.is_none_or(Key::begins) && !Key::begins(if after.is_none() { pressed } else { "r" }),
                "{key:?}"
            );
        }
        assert_eq!((Key::of("g", None), Key::of("x", Some("g")), Key::of("r", None)), (None, None, None));
    }
}
