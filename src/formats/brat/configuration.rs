//! `annotation.conf`, without which brat does not open a folder.

use crate::document::{Document, Label, Schema};
use indexmap::{IndexMap, IndexSet};

fn line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn alternatives(names: &[Label]) -> String {
    names.iter().map(Label::as_str).collect::<Vec<_>>().join("|")
}

/// What occurs in documents.
#[derive(Debug, Default)]
pub struct Used {
    entities: IndexSet<Label>,
    /// Roles with what their two ends are called.
    roles: IndexMap<Label, (Label, Label)>,
    events: IndexMap<Label, IndexSet<Label>>,
    attributes: IndexMap<Label, IndexSet<String>>,
}

impl Used {
    /// The configuration for a folder with such documents: types and legal pairs of the schema, and whatever was used beyond it. See
    /// <https://brat.nlplab.org/configuration.html>.
    pub fn configuration(&self, schema: &Schema) -> String {
        let mut out = String::from("[entities]\n");
        let names = schema.entities.iter().map(|entity| &entity.name).chain(&self.entities);
        names.collect::<IndexSet<_>>().into_iter().for_each(|name| line(&mut out, name.as_str()));
        out.push_str("\n[relations]\n");
        for pair in &schema.legal {
            line(
                &mut out,
                &format!("{}\tArg1:{}, Arg2:{}", pair.role, alternatives(&pair.subjects), alternatives(&pair.objects)),
            );
        }
        for (role, (first, second)) in self.roles.iter().filter(|(role, _)| !schema.legal.iter().any(|pair| pair.role == **role))
        {
            line(&mut out, &format!("{role}\t{first}:<ANY>, {second}:<ANY>"));
        }
        out.push_str("<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>\n\n[events]\n");
        for (label, roles) in &self.events {
            let roles: Vec<String> = roles.iter().map(|role| format!("{role}*:<ANY>")).collect();
            line(&mut out, format!("{label}\t{}", roles.join(", ")).trim_end());
        }
        out.push_str("\n[attributes]\n");
        for (name, values) in &self.attributes {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let values = if values.is_empty() { String::new() } else { format!(", Value:{}", values.join("|")) };
            line(&mut out, &format!("{name}\tArg:<ANY>{values}"));
        }
        out
    }

    /// Takes note of what a document uses, whose names are those of its file.
    pub fn add(&mut self, document: &Document) {
        let triggers: IndexSet<_> = document.events.values().map(|event| &event.trigger).collect();
        let entities = document.entities.values().filter(|entity| !triggers.contains(&entity.id));
        self.entities.extend(entities.map(|entity| entity.label.clone()));
        for relation in document.relations.values() {
            let names = relation.argument_names.clone().unwrap_or_else(|| (Label::from("Arg1"), Label::from("Arg2")));
            self.roles.entry(relation.role.clone()).or_insert(names);
        }
        for event in document.events.values() {
            let stem = |role: &Label| Label::from(role.as_str().trim_end_matches(|c: char| c.is_ascii_digit()));
            let roles = event.arguments.iter().map(|(role, _)| stem(role));
            self.events.entry(event.label.clone()).or_default().extend(roles);
        }
        for attribute in document.attributes.values() {
            // A value with one of these characters would be read as several values or end the line.
            let value = attribute.value.clone().filter(|value| !value.contains(['|', ',', '\t', '\n', ' ']));
            self.attributes.entry(attribute.name.clone()).or_default().extend(value);
        }
    }
}
