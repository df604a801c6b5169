//! Which spans a span can be related to, and how: the likeliest and nearest nine, with role and direction from the model or the schema.

use crate::document::{AnnotationId, Document, Entity, Label, Schema, Status};
use crate::pipeline::PossibleRole;
use std::collections::HashMap;

/// How many partners are offered at most: one for each digit key.
pub const MAX_PARTNERS: usize = 9;

/// A span that another one can be related to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The other span.
    pub entity: AnnotationId,
    /// The usual role between the two.
    pub role: Label,
    /// Whether the span that was asked about is the subject, so that the arrow points to the partner.
    pub entity_is_subject: bool,
}

/// The spans to which `entity` can be related: first those of which a model says how likely they are, the likeliest first and with its
/// role and direction where these are legal, then the nearest first, with the usual role. At most [`MAX_PARTNERS`].
///
/// Left out are rejected spans and those to which a standing relation exists. Empty when `entity` is not there.
pub fn partners(document: &Document, schema: &Schema, entity: &AnnotationId, likely: &[PossibleRole]) -> Vec<Partner> {
    let Some(centre) = document.entities.get(entity) else { return Vec::new() };
    let likely: HashMap<&AnnotationId, &PossibleRole> = likely
        .iter()
        .filter_map(|role| match (role.subject == *entity, role.object == *entity) {
            (true, false) => Some((&role.object, role)),
            (false, true) => Some((&role.subject, role)),
            _ => None,
        })
        .collect();
    let mut near: Vec<(f32, u32, bool, Partner)> = document
        .entities
        .values()
        .filter(|other| other.id != *entity && other.status != Status::Rejected && !related(document, entity, &other.id))
        .filter_map(|other| {
            let (usual, is_subject) = arrow(schema, centre, other)?;
            let known = likely.get(&other.id);
            let told = known.and_then(|known| {
                let is_subject = known.subject == *entity;
                let (subject, object) = if is_subject { (centre, other) } else { (other, centre) };
                let legal = schema.roles_between(&subject.label, &object.label).any(|role| *role == known.role);
                legal.then_some((&known.role, is_subject))
            });
            let (role, entity_is_subject) = told.unwrap_or((usual, is_subject));
            let partner = Partner { entity: other.id.clone(), role: role.clone(), entity_is_subject };
            let doubt = 1.0 - known.map_or(0.0, |known| known.confidence);
            Some((doubt, centre.hull().gap(other.hull()), other.hull() > centre.hull(), partner))
        })
        .collect();
    // Equally near: the one that was read first. The sort is stable, and ends with the place in the text.
    near.sort_by_key(|(_, gap, behind, partner)| (*gap, *behind, document.entities.get(&partner.entity).map(Entity::hull)));
    near.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    near.into_iter().take(MAX_PARTNERS).map(|(.., partner)| partner).collect()
}

fn related(document: &Document, a: &AnnotationId, b: &AnnotationId) -> bool {
    document.relations.values().any(|relation| {
        let ends = (&relation.subject, &relation.object);
        relation.status.stands() && (ends == (a, b) || ends == (b, a))
    })
}

/// The usual role between two spans and whether the first is its subject. Where both directions are legal, the pair that the schema
/// names earlier counts; where it names both at once, the arrow points from the span that is read first to the later one.
fn arrow<'a>(schema: &'a Schema, a: &Entity, b: &Entity) -> Option<(&'a Label, bool)> {
    schema.legal.iter().find_map(|pair| {
        let there = pair.subjects.contains(&a.label) && pair.objects.contains(&b.label);
        let back = pair.subjects.contains(&b.label) && pair.objects.contains(&a.label);
        match (there, back) {
            (true, true) => Some((&pair.role, a.hull() <= b.hull())),
            (true, false) => Some((&pair.role, true)),
            (false, true) => Some((&pair.role, false)),
            (false, false) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::dsl::sketch;

    fn offered(line: &str) -> Vec<String> {
        let sketch = sketch(line);
        let focus = sketch.focus.unwrap();
        let partners = partners(&sketch.document, &Schema::agac().unwrap(), &focus, &[]);
        let arrow = |it: &Partner| if it.entity_is_subject { "to" } else { "from" };
        partners.iter().map(|it| format!("{} {} {}", it.role, arrow(it), it.entity)).collect()
    }

    #[test]
    fn the_nearest_legal_partners_come_with_role_and_direction() {
        let line = "[BRCA1|Gene?] and [p53|Gene] [loss|Var]^ [causes|PosReg?] [cancer|Disease] far from [MDM2|Protein]";
        assert_eq!(offered(line), ["ThemeOf from T2", "CauseOf to T4", "ThemeOf from T1", "ThemeOf from T6"]);
        assert_eq!(offered("[rise|PosReg] [fall|NegReg]^ [role|Reg]"), ["CauseOf from T1", "CauseOf to T3"]);
    }

    #[test]
    fn rejected_related_and_impossible_partners_are_not_offered() {
        assert_eq!(offered("[p53|Genex] [loss|Var]^ [mice|Disease] [cut|Var]"), [""; 0]);
        assert_eq!(offered("[p53|Gene] [loss|Var]^ @ T1 ThemeOf T2"), [""; 0]);
        assert_eq!(offered("[p53|Gene] [loss|Var]^ @ T1 ThemeOf? T2"), ["ThemeOf from T1"]);
        assert!(partners(&sketch("x").document, &Schema::agac().unwrap(), &AnnotationId::from("T1"), &[]).is_empty());
    }

    #[test]
    fn there_are_never_more_than_nine() {
        let line = format!("{} [loss|Var]^", "[p53|Gene] ".repeat(12));
        assert_eq!(offered(&line).len(), MAX_PARTNERS);
        assert_eq!(offered(&line).first().map(String::as_str), Some("ThemeOf from T12"));
    }

    #[test]
    fn what_a_model_deems_likely_comes_first() {
        let sketch = sketch("[BRCA1|Gene] and [p53|Gene] [loss|Var]^ [role|Reg] [rise|PosReg]");
        let likely = |role: &str, subject: &str, object: &str, confidence| PossibleRole {
            role: role.into(),
            subject: subject.into(),
            object: object.into(),
            confidence,
        };
        let told = [
            likely("ThemeOf", "T1", "T3", 0.9),
            likely("CauseOf", "T3", "T5", 0.4),
            likely("CauseOf", "T2", "T3", 0.3),
            likely("CauseOf", "T4", "T5", 0.8),
        ];
        let offered = partners(&sketch.document, &Schema::agac().unwrap(), &"T3".into(), &told);
        let offered: Vec<_> = offered.iter().map(|it| (it.entity.as_str(), it.role.as_str(), it.entity_is_subject)).collect();
        let expected = [("T1", "ThemeOf", false), ("T5", "CauseOf", true), ("T2", "ThemeOf", false), ("T4", "CauseOf", true)];
        assert_eq!(offered, expected, "the illegal role of T2 is replaced by the usual one");
    }
}
