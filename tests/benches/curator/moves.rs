//! The shortest ways that the curator finds: each function tries keys on a copy of the app and takes what works with the fewest.

use crate::goal::{Goal, Span, arrow, span};
use crate::player::{Player, Purpose};
use rolecall::document::{AnnotationId, Entity, Label, Status};
use rolecall::review::queue;
use rolecall::text::{CharOffset, CharSpan};
use rolecall::tui::mode::{Mode, Ticked};

/// Keys that a correction may take before refusing and adding anew is cheaper.
const DEAREST_CORRECTION: usize = 4;

/// How many missing spans are compared before one is gone to.
const NEAREST: usize = 6;

/// The keys of a text, as many as there are blanks between.
fn cost(keys: &str) -> usize {
    keys.split_whitespace().count()
}

fn cheapest(ways: impl IntoIterator<Item = String>) -> Option<String> {
    ways.into_iter().min_by_key(|keys| cost(keys))
}

/// A key several times, with a number before it when that is shorter.
fn times(key: &str, count: usize) -> String {
    let plain = [key].repeat(count).join(" ");
    let digits: Vec<String> = count.to_string().chars().map(String::from).collect();
    let counted = format!("{} {key}", digits.join(" "));
    if cost(&counted) < count { counted } else { plain }
}

/// Decides all spans that were proposed, in a list with ticks or one after the other, whatever is cheaper with what is missing then.
pub fn decide_spans(player: &mut Player, goal: &Goal) {
    while tick(player, goal, ".") {}
    decide(player, goal, |player, id| player.app.document().entities.contains_key(id));
}

/// Decides all roles that were proposed between the spans that are now there.
pub fn decide_roles(player: &mut Player, goal: &Goal) {
    while tick(player, goal, ",") {}
    decide(player, goal, |_, _| true);
}

/// Goes through a list with ticks, if that costs fewer keys than to go without it: whether it did.
fn tick(player: &mut Player, goal: &Goal, list: &str) -> bool {
    let opened = player.after(list);
    let Mode::Ticks(rows) = &opened.app.mode else { return false };
    let proposals = rows.rows.iter().filter(|row| matches!(row.what, Ticked::Proposal(_))).count();
    let levels = ["", "-", "+", "- -", "+ +", "- - -"];
    let ways = levels.map(|level| format!("{list} {level} {} enter", corrections(&opened.after(level), goal)));
    let Some(keys) = cheapest(ways) else { return false };
    let right = |player: &Player| {
        goal.spans.intersection(&player.standing()).count() + goal.relations.intersection(&player.related()).count()
    };
    let won = right(&player.after(&keys)) - right(player);
    // Without the list: a key for each proposal, and what it costs to add one that was not proposed.
    let without = proposals + DEAR_ADDITION * won.saturating_sub(proposals);
    let worth = if list == "." { cost(&keys) < without.max(won * DEAR_ADDITION) } else { cost(&keys) < without.max(won * 2) };
    if won + proposals == 0 || !worth {
        return false;
    }
    let open = undecided(player);
    if cost(&keys) == 2 && won == proposals && open.iter().all(|id| is_right(player, goal, id)) {
        player.act(Purpose::Verdict, "A", open.len());
        return true;
    }
    player.act(if list == "." { Purpose::SpanTicks } else { Purpose::RoleTicks }, &keys, won + proposals);
    true
}

/// What adding a span costs about.
const DEAR_ADDITION: usize = 3;

/// The letters that make the ticks of an open list those of gold.
fn corrections(opened: &Player, goal: &Goal) -> String {
    let Mode::Ticks(list) = &opened.app.mode else { return String::new() };
    let document = opened.app.document();
    let gold = |what: &Ticked| match what {
        Ticked::Proposal(id) => is_right(opened, goal, id),
        Ticked::Span(span, label) => goal.spans.contains(&(vec![*span], label.clone())),
        Ticked::Role(subject, role, object) => {
            let end = |id: &AnnotationId| document.entities.get(id).map(span);
            end(subject).zip(end(object)).is_some_and(|(a, b)| goal.relations.contains(&(a, role.clone(), b)))
        }
    };
    // What is ticked by hand takes away the ticks of what it overlaps, so that comes first.
    let missing = list.rows.iter().filter(|row| !row.ticked && gold(&row.what)).map(|row| row.key.to_string());
    let missing = missing.collect::<Vec<_>>().join(" ");
    let then = opened.after(&missing);
    let Mode::Ticks(list) = &then.app.mode else { return missing };
    let wrong = list.rows.iter().filter(|row| row.ticked != gold(&row.what)).map(|row| row.key.to_string());
    format!("{missing} {}", wrong.collect::<Vec<_>>().join(" "))
}

/// Decides what is proposed and meant, in the order of the queue.
fn decide(player: &mut Player, goal: &Goal, meant: impl Fn(&Player, &AnnotationId) -> bool) {
    loop {
        let all = undecided(player);
        let open: Vec<AnnotationId> = all.iter().filter(|id| meant(player, id)).cloned().collect();
        if open.is_empty() {
            return;
        }
        let focus = player.app.focus().cloned().filter(|id| open.contains(id));
        let Some(id) = focus else {
            player.act(Purpose::Verdict, "n", 0);
            continue;
        };
        if all.len() > 1 && all.iter().all(|id| is_right(player, goal, id)) {
            player.act(Purpose::Verdict, "A", all.len());
            continue;
        }
        let sentence = of_this_sentence(player, &all);
        if sentence.len() > 1 && sentence.contains(&id) && sentence.iter().all(|id| is_right(player, goal, id)) {
            player.act(Purpose::Verdict, "Y", sentence.len());
            continue;
        }
        let hopeless = |id: &AnnotationId| {
            !is_right(player, goal, id) && !will_be_right(player, goal, id) && correction(player, goal, id).is_none()
        };
        if sentence.len() > 1 && sentence.contains(&id) && sentence.iter().all(hopeless) {
            player.act(Purpose::Verdict, "X", sentence.len());
        } else if is_right(player, goal, &id) {
            player.act(Purpose::Verdict, "a", 1);
        } else if will_be_right(player, goal, &id) {
            player.act(Purpose::Verdict, "n", 0);
        } else if let Some(keys) = correction(player, goal, &id) {
            player.act(Purpose::Correction, &keys, 1);
        } else {
            player.act(Purpose::Verdict, "x", 1);
        }
    }
}

fn undecided(player: &Player) -> Vec<AnnotationId> {
    let (document, filter) = (player.app.document(), player.app.session.filter());
    queue::reading_order(document).into_iter().filter(|id| queue::is_undecided(document, id, filter)).collect()
}

fn of_this_sentence(player: &Player, open: &[AnnotationId]) -> Vec<AnnotationId> {
    let segmentation = player.app.segmentation();
    let sentence = |at: CharOffset| segmentation.sentence_at(at);
    let here = sentence(player.app.cursor().start());
    let place = |id: &AnnotationId| queue::place(player.app.document(), id);
    open.iter().filter(|id| place(id).is_some_and(|at| sentence(at.start()) == here)).cloned().collect()
}

fn is_right(player: &Player, goal: &Goal, id: &AnnotationId) -> bool {
    let document = player.app.document();
    let entity = document.entities.get(id).is_some_and(|it| goal.spans.contains(&span(it)));
    entity || document.relations.get(id).and_then(|it| arrow(document, it)).is_some_and(|it| goal.relations.contains(&it))
}

/// Whether a relation will be right once its ends are.
fn will_be_right(player: &Player, goal: &Goal, id: &AnnotationId) -> bool {
    let document = player.app.document();
    let Some(relation) = document.relations.get(id) else { return false };
    let end = |id: &AnnotationId| {
        let entity = document.entities.get(id).filter(|it| it.status == Status::Proposed || goal.spans.contains(&span(it)))?;
        if goal.spans.contains(&span(entity)) {
            Some(span(entity))
        } else {
            corrected_span(player, goal, entity).map(|(_, gold)| gold)
        }
    };
    let ends = end(&relation.subject).zip(end(&relation.object));
    ends.is_some_and(|(subject, object)| goal.relations.contains(&(subject, relation.role.clone(), object)))
}

/// The keys that make a wrong proposal a gold annotation that is neither there nor proposed otherwise.
fn correction(player: &Player, goal: &Goal, id: &AnnotationId) -> Option<String> {
    if let Some(entity) = player.app.document().entities.get(id) {
        return corrected_span(player, goal, entity).map(|(keys, _)| keys);
    }
    let related = player.related();
    ["m", "~"].into_iter().map(str::to_owned).find(|keys| {
        let mut other = player.clone();
        other.app.focus_on(id);
        other.press(keys);
        other.related().difference(&related).any(|it| goal.relations.contains(it))
    })
}

fn corrected_span(player: &Player, goal: &Goal, entity: &Entity) -> Option<(String, Span)> {
    let taken: Vec<Span> = player.app.document().entities.values().filter(|it| it.status != Status::Rejected).map(span).collect();
    let free = goal.spans.iter().filter(|it| !taken.contains(it) && it.0.len() == 1);
    let near = free.filter(|(spans, _)| spans.iter().any(|it| it.overlaps(entity.hull())));
    let ways = near.filter_map(|gold| {
        let mut other = player.clone();
        other.app.focus_on(&entity.id);
        let mut keys = edges(&mut other, &entity.id, gold.0[0])?;
        if entity.label != gold.1 {
            // The type comes last: it decides the span, and goes on.
            keys = format!("{keys} t {}", letter(player, &gold.1)?);
        }
        Some((keys.trim().to_owned(), gold.clone()))
    });
    ways.min_by_key(|(keys, _)| cost(keys)).filter(|(keys, _)| cost(keys) <= DEAREST_CORRECTION)
}

/// Moves the edges of a span until it is `wanted`.
fn edges(player: &mut Player, id: &AnnotationId, wanted: CharSpan) -> Option<String> {
    let mut pressed: Vec<(&str, usize)> = Vec::new();
    for _ in 0..12 {
        let now = player.app.document().entities.get(id)?.hull();
        let key = match (now.start().cmp(&wanted.start()), now.end().cmp(&wanted.end())) {
            (std::cmp::Ordering::Greater, _) => "[",
            (_, std::cmp::Ordering::Less) => "]",
            (std::cmp::Ordering::Less, _) => "{",
            (_, std::cmp::Ordering::Greater) => "}",
            _ => return Some(pressed.into_iter().map(|(key, count)| times(key, count)).collect::<Vec<_>>().join(" ")),
        };
        player.press(key);
        match pressed.last_mut() {
            Some((last, count)) if *last == key => *count += 1,
            _ => pressed.push((key, 1)),
        }
    }
    None
}

fn letter(player: &Player, label: &Label) -> Option<char> {
    player.app.schema().entity(label).map(|known| known.key)
}

/// Adds the gold spans that are missing, the one that is nearest by keys first.
pub fn add_spans(player: &mut Player, goal: &Goal) {
    loop {
        let standing = player.standing();
        let at = player.app.cursor().start();
        let mut missing: Vec<&Span> = goal.spans.iter().filter(|it| !standing.contains(*it)).collect();
        if missing.is_empty() {
            return;
        }
        missing.sort_by_key(|it| it.0[0].start().get().abs_diff(at.get()));
        let ways = missing.into_iter().take(NEAREST).filter_map(|gold| adding(player, gold));
        let keys = cheapest(ways).unwrap_or_else(|| panic!("a span can't be added"));
        player.act(Purpose::AddedSpan, &keys, 1);
        for keys in ["R enter", "R R enter"] {
            let before = player.standing();
            let after = player.after(keys).standing();
            let new: Vec<_> = after.difference(&before).collect();
            if !new.is_empty() && new.iter().all(|it| goal.spans.contains(*it)) {
                player.act(Purpose::AddedSpan, keys, new.len());
            }
        }
    }
}

/// The words of a span.
fn words_of(player: &Player, wanted: CharSpan) -> Vec<CharSpan> {
    player.app.segmentation().words().iter().copied().filter(|word| word.overlaps(wanted)).collect()
}

fn adding(player: &Player, gold: &Span) -> Option<String> {
    let ([wanted], label) = (gold.0.as_slice(), &gold.1) else { panic!("gold spans have one fragment") };
    let letter = letter(player, label)?;
    let labelled = player.after("i");
    let offered = words_of(player, *wanted).into_iter().filter_map(|word| {
        let keys = format!("i {} enter", label_of(&labelled, word)?);
        player.after(&keys).standing().contains(gold).then_some(keys)
    });
    let offered = cheapest(offered);
    if offered.as_ref().is_some_and(|keys| cost(keys) <= 4) {
        return offered;
    }
    if let Some(label) = label_of(&labelled, player.app.unit_at(wanted.start())) {
        let keys = selecting(player, *wanted, &format!("i {label}"), letter);
        let walked = way(player, wanted.start()).map_or(usize::MAX, |to| cost(&to) + 1);
        if let Some(keys) =
            keys.filter(|keys| cost(&format!("i {label}")) <= walked && player.after(keys).standing().contains(gold))
        {
            return Some(keys);
        }
    }
    let to = way(player, wanted.start())?;
    let there = player.after(&to);
    let words = selecting(&there, *wanted, "v", letter).map(|keys| format!("{to} {keys}"));
    // A span that cuts a word is selected by characters.
    let words = words.or_else(|| {
        let inside = wanted.start().get().checked_sub(there.app.cursor().start().get())? as usize;
        let to = format!("{to} c {}", if inside > 0 { times("l", inside) } else { String::new() });
        selecting(&player.after(&to), *wanted, "v", letter).map(|keys| format!("{to} {keys} c"))
    });
    let keys = words?.split_whitespace().collect::<Vec<_>>().join(" ");
    player.after(&keys).standing().contains(gold).then_some(keys)
}

/// From the first word of a span on: select up to its end and give it a type.
fn selecting(player: &Player, wanted: CharSpan, begin: &str, letter: char) -> Option<String> {
    let mut other = player.after(begin);
    let mut steps = 0;
    while other.app.selection()?.end() < wanted.end() {
        other.press("l");
        steps += 1;
        if steps > 60 {
            return None;
        }
    }
    if other.app.selection()? != wanted {
        return None;
    }
    // A number selects so many words.
    let number = (steps + 1).to_string().chars().map(String::from).collect::<Vec<_>>().join(" ");
    let number = Some(number).filter(|keys| steps > 0 && player.after(begin).after(keys).app.selection() == Some(wanted));
    let grown = ["l"].repeat(steps).join(" ");
    let labelled = label_of(&player.after(begin).after("f"), other.app.cursor()).map(|label| format!("f {label}"));
    let grown = cheapest([Some(grown), number, labelled].into_iter().flatten())?;
    Some(format!("{begin} {grown} {letter}"))
}

/// The keys of the jump label on a word.
fn label_of(player: &Player, at: CharSpan) -> Option<String> {
    let Mode::Jump { labels, .. } = &player.app.mode else { return None };
    let label = labels.iter().find(|label| label.at == at)?;
    Some(label.keys.chars().map(String::from).collect::<Vec<_>>().join(" "))
}

/// The keys from here to the word that holds a position.
fn way(player: &Player, at: CharOffset) -> Option<String> {
    let target = player.app.unit_at(at);
    let there = |player: &Player| player.app.cursor() == target && at_rest(player);
    if there(player) {
        return Some(String::new());
    }
    let mut ways = Vec::new();
    // After a relation was added, a number adds another one.
    let times =
        |key: &str, count| if player.app.mode == Mode::Normal { times(key, count) } else { [key].repeat(count).join(" ") };
    let words = player.app.segmentation().words();
    let is_word = |it: &&CharSpan| player.app.document().text.slice(**it).is_some_and(|it| it.chars().any(char::is_alphanumeric));
    let index = |at: CharOffset| words.iter().filter(is_word).take_while(|word| word.start() < at).count();
    let (from, to) = (index(player.app.cursor().start()), index(target.start()));
    let key = if to > from { "l" } else { "h" };
    ways.push(times(key, from.abs_diff(to)));
    for first in ["j", "k", "tab", "shift-tab", ")", "(", ">"] {
        for count in 1..=3 {
            let keys = times(first, count);
            let other = player.after(&keys);
            if there(&other) {
                ways.push(keys);
                break;
            }
            let here = index(other.app.cursor().start());
            let more = here.abs_diff(to);
            if (1..=2).contains(&more) {
                ways.push(format!("{keys} {}", times(if to > here { "l" } else { "h" }, more)));
            }
        }
    }
    for before in ["", "page-down", "page-up", "g g"] {
        let other = player.after(&format!("{before} f"));
        ways.extend(label_of(&other, target).map(|label| format!("{before} f {label}").trim().to_owned()));
    }
    ways.sort_by_key(|keys| cost(keys));
    ways.into_iter().filter(|keys| cost(keys) > 0).find(|keys| there(&player.after(keys)))
}

/// Whether keys mean what they usually do.
fn at_rest(player: &Player) -> bool {
    matches!(player.app.mode, Mode::Normal | Mode::Relate { again: true, .. })
}

/// The keys that focus a span.
fn focusing(player: &Player, wanted: &Span) -> Option<String> {
    let focused = |player: &Player| player.app.focused_entity().is_some_and(|it| span(it) == *wanted);
    if focused(player) {
        return Some(String::new());
    }
    let to = way(player, wanted.0[0].start())?;
    let mut other = player.after(&to);
    let mut keys = to.clone();
    for _ in 0..12 {
        if focused(&other) {
            return Some(keys.trim().to_owned());
        }
        other.press("tab");
        keys += " tab";
    }
    // An outer span comes before the inner one that the cursor focuses.
    let mut other = player.after(&to);
    let mut keys = to;
    for _ in 0..12 {
        other.press("shift-tab");
        keys += " shift-tab";
        if focused(&other) {
            return Some(keys.trim().to_owned());
        }
    }
    None
}

/// Adds the gold relations that are missing, from the span that is cheapest to reach for all that it lacks.
pub fn add_relations(player: &mut Player, goal: &Goal) {
    loop {
        let related = player.related();
        let missing: Vec<_> = goal.relations.difference(&related).collect();
        let Some((first, ..)) = missing.first() else { return };
        let here = player.app.panel_entity().map(span);
        if let Some(keys) = here.as_ref().and_then(|here| cheapest(missing.iter().filter_map(|it| relating(player, here, it)))) {
            player.act(Purpose::AddedRelation, &keys, 1);
            continue;
        }
        let mut hubs: Vec<(&Span, usize)> = Vec::new();
        for end in missing.iter().flat_map(|(subject, _, object)| [subject, object]) {
            match hubs.iter_mut().find(|(hub, _)| *hub == end) {
                Some((_, count)) => *count += 1,
                None => hubs.push((end, 1)),
            }
        }
        let from = player.app.cursor().start();
        hubs.sort_by_key(|(hub, count)| (std::cmp::Reverse(*count), hub.0[0].start().get().abs_diff(from.get())));
        let ways = hubs.iter().take(NEAREST).filter_map(|(hub, count)| Some((focusing(player, hub)?, *count)));
        // A hub that serves several relations is worth a longer way.
        let best = ways.min_by(|(a, m), (b, n)| (cost(a) * n).cmp(&(cost(b) * m)));
        let keys = best.map(|(keys, _)| keys).filter(|keys| cost(keys) > 0);
        player.act(Purpose::AddedRelation, &keys.unwrap_or_else(|| panic!("no way to {first:?}")), 0);
    }
}

/// The keys that add a relation from the span at hand.
fn relating(player: &Player, here: &Span, wanted: &(Span, Label, Span)) -> Option<String> {
    let (subject, _, object) = wanted;
    let other = if subject == here { object } else { Some(subject).filter(|_| object == here)? };
    let asked = player.after("r");
    let Mode::Relate { partners, .. } = &asked.app.mode else { return None };
    let is_other = |id: &AnnotationId| asked.app.document().entities.get(id).is_some_and(|it| span(it) == *other);
    let number = partners.iter().position(|partner| is_other(&partner.entity)).map(|at| format!("r {}", at + 1));
    let choose = number.or_else(|| {
        let labelled = asked.after("f");
        let Mode::Jump { labels, .. } = &labelled.app.mode else { return None };
        let label = labels.iter().find(|label| label.entity.as_ref().is_some_and(is_other))?;
        Some(format!("r f {}", label.keys.chars().map(String::from).collect::<Vec<_>>().join(" ")))
    })?;
    let ways = ["", " m", " ~", " m m", " ~ m"].map(|more| format!("{choose}{more}"));
    let (related, before) = (player.related(), player.standing());
    ways.into_iter().find(|keys| {
        let after = player.after(keys);
        let now = after.related();
        now.contains(wanted) && now.len() == related.len() + 1 && after.standing() == before
    })
}

/// Refuses what stands and is not gold: what came along with something else.
pub fn remove(player: &mut Player, goal: &Goal) {
    loop {
        let wrong = player.related().into_iter().find(|it| !goal.relations.contains(it));
        let Some(wrong) = wrong else { break };
        let mut keys = focusing(player, (&wrong.0).max(&wrong.2)).unwrap_or_else(|| panic!("no way to {wrong:?}"));
        let mut other = player.after(&keys);
        let there = |player: &Player| {
            let document = player.app.document();
            player.app.focused_relation().and_then(|it| arrow(document, it)).as_ref() == Some(&wrong)
        };
        for _ in 0..20 {
            if there(&other) {
                break;
            }
            other.press("tab");
            keys += " tab";
        }
        player.act(Purpose::Removal, &format!("{keys} x"), 1);
    }
    while let Some(wrong) = player.standing().into_iter().find(|it| !goal.spans.contains(it)) {
        let keys = focusing(player, &wrong).unwrap_or_else(|| panic!("no way to {wrong:?}"));
        player.act(Purpose::Removal, &format!("{keys} x"), 1);
    }
}
