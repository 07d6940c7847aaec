//! What going back to a time does to tags, said before it is done, and the question itself.

use super::LEAVE;
use crate::domain::tag_filter::PROTECTED;
use crate::domain::view::{Differences, FEW_TAGS};
use crate::domain::{Digest, Namespace, Timestamp};
use crate::ui::components::form::Confirm;
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use crate::ui::words::{counted, grouped};
use leptos::prelude::*;

/// `1 tag moves, 2 come back and 3 go to the trash`: nothing of what does not happen.
pub(super) fn effects(all: Differences) -> String {
    let each = [
        (all.n_moved(), "moves", "move"),
        (all.n_back, "comes back", "come back"),
        (all.n_gone, "goes to the trash", "go to the trash"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (n, one, many) in each.into_iter().filter(|(n, ..)| *n > 0) {
        parts.push(match parts.is_empty() {
            true => counted(n, &format!("tag {one}"), &format!("tags {many}")),
            false => format!("{} {}", grouped(n), if n == 1 { one } else { many }),
        });
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    }
}

/// The same as what a press does.
pub(super) fn act(all: Differences) -> String {
    format!("Roll back: {}", effects(all))
}

/// What goes back, and for how long that can be taken back; of many their number is typed.
#[component]
pub(super) fn Asking(
    namespace: Namespace,
    then: Timestamp,
    all: Differences,
    leaves_out: bool,
    print: Option<Digest>,
    /// For how many days the past is kept.
    days: u32,
    back: String,
) -> impl IntoView {
    let n = all.n.to_string();
    let back = format!("{back}#roll-back");
    let typed = (all.n > FEW_TAGS).then(|| n.clone());
    let print = print.map(|print| print.to_string()).unwrap_or_default();
    let title = format!("Roll back {namespace}: {}?", effects(all));
    let to = match all.n_gone {
        0 => format!("In one step they name what they named on {}.", then.absolute()),
        _ => format!("In one step all is named as on {}. What was not there then goes to the trash.", then.absolute()),
    };
    let until = PageRequest::current().now.plus_days(days.into()).date();
    view! {
        <Confirm intent=Intent::RollBackNamespace title act=act(all) back typed>
            <input type="hidden" name="t" value=then.exact()/>
            <input type="hidden" name="expected" value=n/>
            <input type="hidden" name="print" value=print/>
            <input type="hidden" name=LEAVE value=leaves_out.then_some(PROTECTED)/>
            <p>{to}</p>
            <p class="sm">{format!("All of it stands in the history, and can be rolled forward again until {until}.")}</p>
        </Confirm>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_going_back_does_is_said_by_its_numbers() {
        for (n, n_back, n_gone, words) in [
            (1, 0, 0, "1 tag moves"),
            (1204, 0, 1204, "1,204 tags go to the trash"),
            (3, 2, 0, "1 tag moves and 2 come back"),
            (2, 1, 1, "1 tag comes back and 1 goes to the trash"),
            (6, 2, 3, "1 tag moves, 2 come back and 3 go to the trash"),
        ] {
            assert_eq!(effects(Differences { n, n_back, n_gone, n_lost: 0 }), words);
        }
    }
}
