//! Rows as bare HTML. A list repeats the markup of a row a hundred times and is never hydrated, so what
//! only hydration reads is left out, and what the parser adds by itself (HTML standard, 13.1.2.4 "Optional
//! tags" and 13.1.2.3 "Attributes"): end tags of cells and rows, quotes around plain values.

use leptos::prelude::*;

/// Draws rows of a table, for `inner_html` of its body. What is text in the view stays text.
pub fn bare(rows: impl RenderHtml) -> String {
    strip(&rows.to_html())
}

fn strip(html: &str) -> String {
    let mut bare = String::with_capacity(html.len());
    let mut rest = html;
    // In text `<` is always escaped, so each begins a tag or a marker.
    while let Some(start) = rest.find('<') {
        bare.push_str(&rest[..start]);
        let tag;
        (tag, rest) = rest[start..].split_at(tag_length(&rest[start..]));
        match tag {
            "<!>" | "</td>" | "</th>" | "</tr>" => {}
            // Paths are empty, and an element of SVG may say so itself, but not in a value without quotes.
            "</path>" if bare.ends_with("\">") => bare.insert(bare.len() - 1, '/'),
            _ => push_tag(tag, &mut bare),
        }
    }
    bare.push_str(rest);
    bare
}

/// Up to the `>` that stands in no value.
fn tag_length(html: &str) -> usize {
    let mut in_value = false;
    let end = html.bytes().position(|byte| {
        in_value ^= byte == b'"';
        byte == b'>' && !in_value
    });
    end.map_or(html.len(), |end| end + 1)
}

/// In a value `"` is always escaped, so every second part is one.
fn push_tag(tag: &str, bare: &mut String) {
    let is_plain = |value: &str| {
        !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/@#".contains(&byte))
    };
    for (index, part) in tag.split('"').enumerate() {
        let quote = if index % 2 == 1 && !is_plain(part) { "\"" } else { "" };
        bare.extend([quote, part, quote]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::either::Either;

    #[test]
    fn what_the_parser_adds_is_left_out() {
        let none = None::<&str>;
        let rows = view! { <tr role="row"><td class="a b">{"x"}{none}</td><td><a href="/r/a">"y"</a></td></tr> };
        assert_eq!(bare(rows), r#"<tr role=row><td class="a b">x<td><a href=/r/a>y</a>"#);
        let mark = view! { <svg><path d="M1 3h4"></path><path d=""></path></svg> };
        assert_eq!(bare(mark), r#"<svg><path d="M1 3h4"/><path d=""/></svg>"#);
    }

    #[test]
    fn markup_in_text_and_in_values_stays_text() {
        let evil = "<!></td>\"'> onclick=x &";
        let rows = view! { <td title=evil>{Either::<_, ()>::Left(evil)}</td> };
        let html = bare(rows);
        let (tag, text) = html.split_at(tag_length(&html));
        assert!(tag.starts_with("<td title=\"") && tag.ends_with(" onclick=x &amp;\">"), "{tag}");
        assert_eq!(text, "&lt;!&gt;&lt;/td&gt;\"'&gt; onclick=x &amp;");
        assert_eq!(strip("<i a=\"<!></td>'\">&lt;!&gt;</i>"), "<i a=\"<!></td>'\">&lt;!&gt;</i>");
    }
}
