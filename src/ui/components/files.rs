//! Files of an image in words: why some of them are not shown, and what one may be done with.

use super::icon::Icon;
use crate::domain::files::{Cut, File, FileKind};
use crate::domain::view::{LayerFiles, LayerState};
use crate::ui::words::{MAX_TEXT_CHARS, counted, inert};
use leptos::prelude::*;

/// What is to be said about layers whose files are not all there.
#[component]
pub fn Said<'a>(
    layers: &'a [LayerFiles],
    /// Whose they are, where it has to be said.
    of: &'static str,
) -> impl IntoView + use<> {
    let said = layers.iter().enumerate().filter_map(|(at, layer)| {
        let words = words(&layer.state)?;
        Some(view! { <p>{format!("Layer {}{of}: {words}.", at + 1)}</p> })
    });
    let said: Vec<_> = said.collect();
    (!said.is_empty()).then(|| {
        view! {
            <div class="notices">
                <div class="callout callout-info"><Icon name="warn"/><div class="grow">{said}</div></div>
            </div>
        }
        .into_any()
    })
}

fn words(state: &LayerState) -> Option<String> {
    match state {
        LayerState::Unreadable(why) => Some(format!("its files cannot be shown, {}", inert(why, MAX_TEXT_CHARS))),
        LayerState::Listed { cut, n_left_out } => {
            let cut = cut.map(|cut| match cut {
                Cut::Entries => "only its first 200,000 entries are read".to_owned(),
                Cut::Bytes => "only its first 16 GiB are read".to_owned(),
                Cut::Ratio => {
                    "it unpacks to more than 250 times its size, and only what comes before is read".to_owned()
                }
                Cut::Names => "its list of files is too long, and only the first of it is kept".to_owned(),
            });
            let left_out = (*n_left_out > 0).then(|| {
                let many = counted(*n_left_out, "entry", "entries");
                format!("{many} with impossible paths or of unknown kinds left out")
            });
            let both: Vec<String> = cut.into_iter().chain(left_out).collect();
            (!both.is_empty()).then(|| both.join(", "))
        }
        LayerState::Reading | LayerState::Known => None,
    }
}

/// Kind and permissions as `ls` writes them, with the owner where that is not root.
pub fn mode(file: &File) -> String {
    let kind = match file.kind {
        FileKind::File | FileKind::HardLink => '-',
        FileKind::Folder => 'd',
        FileKind::Symlink => 'l',
        FileKind::Pipe => 'p',
        FileKind::CharacterDevice => 'c',
        FileKind::BlockDevice => 'b',
    };
    let Some(mode) = file.mode else { return String::new() };
    let may = |bit: u32, letter: char| if mode & bit != 0 { letter } else { '-' };
    let runs = |bit: u32, special: u32, letter: char| match (mode & bit != 0, mode & special != 0) {
        (true, true) => letter,
        (false, true) => letter.to_ascii_uppercase(),
        (true, false) => 'x',
        (false, false) => '-',
    };
    let letters = [
        kind,
        may(0o400, 'r'),
        may(0o200, 'w'),
        runs(0o100, 0o4000, 's'),
        may(0o040, 'r'),
        may(0o020, 'w'),
        runs(0o010, 0o2000, 's'),
        may(0o004, 'r'),
        may(0o002, 'w'),
        runs(0o001, 0o1000, 't'),
    ];
    let owner = match file.owner {
        (0, 0) => String::new(),
        (user, group) => format!(" {user}:{group}"),
    };
    letters.into_iter().collect::<String>() + &owner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_written_as_everybody_reads_them() {
        let file =
            |kind, mode, owner| super::mode(&File { kind, mode: Some(mode), owner, size: 0, link: None, digest: None });
        assert_eq!(file(FileKind::File, 0o4755, (0, 0)), "-rwsr-xr-x");
        assert_eq!(file(FileKind::Folder, 0o1777, (0, 0)), "drwxrwxrwt");
        assert_eq!(file(FileKind::Folder, 0o2640, (10, 20)), "drw-r-S--- 10:20");
    }
}
