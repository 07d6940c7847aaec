//! How two stacks of layers differ. Folders in which the same layers show are passed over, so what two images share costs
//! nothing.

use super::{File, Folder, Layer, Result, Shown, join};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// A path that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub path: String,
    /// What it was; none where it was added.
    pub from: Option<File>,
    /// What it is; none where it was removed.
    pub to: Option<File>,
}

/// Shows all differences, folder by folder, until somebody has seen enough. What is in a folder that comes or goes is
/// shown too.
pub fn differences<L: Layer>(
    from: &[L],
    to: &[L],
    show: &mut impl FnMut(Difference) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    of_folders(Some(&Folder::root(from)), Some(&Folder::root(to)), show)
}

fn of_folders<L: Layer>(
    from: Option<&Folder<'_, L>>,
    to: Option<&Folder<'_, L>>,
    show: &mut impl FnMut(Difference) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    if let (Some(from), Some(to)) = (from, to)
        && from.is_same(to)
    {
        return Ok(ControlFlow::Continue(()));
    }
    let folder = from.or(to).map(|folder| folder.path().to_owned()).unwrap_or_default();
    let mut left = from.map(|folder| folder.names("")).into_iter().flatten().peekable();
    let mut right = to.map(|folder| folder.names("")).into_iter().flatten().peekable();
    loop {
        let name = match (left.peek(), right.peek()) {
            (None, None) => return Ok(ControlFlow::Continue(())),
            (Some(Err(error)), _) | (_, Some(Err(error))) => return Err(error.clone()),
            (Some(Ok(one)), None) | (None, Some(Ok(one))) => one.name.clone(),
            (Some(Ok(one)), Some(Ok(other))) => one.name.clone().min(other.name.clone()),
        };
        let is_it = |it: &Result<Shown>| it.as_ref().is_ok_and(|it| it.name == name);
        let was = left.next_if(is_it).transpose()?.map(|it| it.file);
        let is = right.next_if(is_it).transpose()?.map(|it| it.file);
        let (before, after) = (inner(from, was.as_ref(), &name)?, inner(to, is.as_ref(), &name)?);
        let is_like = was.as_ref().zip(is.as_ref()).is_some_and(|(was, is)| was.is_like(is));
        if !is_like && show(Difference { path: join(&folder, &name), from: was, to: is }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let has_inner = before.is_some() || after.is_some();
        if has_inner && of_folders(before.as_ref(), after.as_ref(), show)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
}

/// What is in a name, where that is a folder.
fn inner<'l, L: Layer>(side: Option<&Folder<'l, L>>, file: Option<&File>, name: &str) -> Result<Option<Folder<'l, L>>> {
    match (side, file) {
        (Some(side), Some(file)) if file.is_folder() => side.enter(name),
        _ => Ok(None),
    }
}
