//! The one table of what a curator can do. Names, help, palette, key legend and keymap are all made from it.

/// Under which heading of the help an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Getting around.
    Move,
    /// Deciding what stands.
    Verdict,
    /// Changing and adding spans.
    Span,
    /// Changing and adding relations.
    Relation,
    /// The document and the program.
    Document,
}

impl Group {
    /// All, in the order of the help.
    pub const ALL: [Self; 5] = [Self::Move, Self::Verdict, Self::Span, Self::Relation, Self::Document];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Verdict => "Verdict",
            Self::Span => "Span",
            Self::Relation => "Relation",
            Self::Document => "Document",
        }
    }
}

macro_rules! actions {
    ($($group:ident { $($variant:ident $name:literal $doc:literal;)+ })+) => {
        /// Something a curator can do. The order is the order of the help.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[doc = $doc] $variant,)+)+
        }

        impl Action {
            /// All of them, in the order of the help.
            pub const ALL: &[Self] = &[$($(Self::$variant,)+)+];

            /// Its name in the keymap file and in the palette.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)+)+ }
            }

            /// What it does, in one line.
            pub const fn doc(self) -> &'static str {
                match self { $($(Self::$variant => $doc,)+)+ }
            }

            /// Its heading in the help.
            pub const fn group(self) -> Group {
                match self { $($(Self::$variant => Group::$group,)+)+ }
            }
        }
    };
}

actions! {
    Move {
        WordLeft "word-left" "previous word (or character)";
        WordRight "word-right" "next word (or character)";
        LineDown "line-down" "next line of the screen";
        LineUp "line-up" "previous line of the screen";
        PageDown "page-down" "one screen down";
        PageUp "page-up" "one screen up";
        TextStart "text-start" "start of the text";
        TextEnd "text-end" "end of the text";
        NextUndecided "next-undecided" "next undecided item";
        PreviousUndecided "previous-undecided" "previous undecided item";
        NextItem "next-item" "next item, decided or not";
        PreviousItem "previous-item" "previous item, decided or not";
        NextSentence "next-sentence" "next sentence that holds items";
        PreviousSentence "previous-sentence" "previous sentence that holds items";
        Jump "jump" "jump to any word on the screen by its label";
        Search "search" "search the text; empty repeats the last search";
        NextCheck "next-check" "next thing that deserves another look";
        PreviousCheck "previous-check" "previous thing that deserves another look";
    }
    Verdict {
        Accept "accept" "accept the focused item and go on";
        Reject "reject" "reject the focused item (and its relations), go on";
        Skip "skip" "leave the focused item undecided and go on";
        Undo "undo" "take the last change back";
        Redo "redo" "make the change again that was taken back";
        AcceptAll "accept-all" "accept all items at or above the threshold";
        AcceptSentence "accept-sentence" "accept all undecided items of this sentence";
        RejectSentence "reject-sentence" "reject all undecided items of this sentence";
        Compare "compare" "annotators side by side: take one, both or neither";
        TickSpans "tick-spans" "tick spans in a list, weak ones too; enter decides";
        TickRoles "tick-roles" "tick roles in a list, weak ones too; enter decides";
        ThresholdUp "threshold-up" "hide more of the low-scored proposals";
        ThresholdDown "threshold-down" "hide fewer of the low-scored proposals";
        ShowHidden "show-hidden" "show or hide rejected and low-scored items";
        Filter "filter" "show only some types and states";
        Order "order" "order of undecided items: read, surest, relations";
        Withdraw "withdraw" "take all undecided proposals out of the document";
        History "history" "all steps with their times; go back to any";
    }
    Span {
        Select "select" "select words; a letter makes them a span of its type";
        Mark "mark" "select from a word that is chosen by its label";
        Retype "retype" "give the focused span another type";
        RightEdgeOut "right-edge-out" "move the right edge outwards";
        LeftEdgeOut "left-edge-out" "move the left edge outwards";
        RightEdgeIn "right-edge-in" "move the right edge inwards";
        LeftEdgeIn "left-edge-in" "move the left edge inwards";
        Step "step" "switch between word and character steps";
        Delete "delete" "delete the focused item";
        Propagate "propagate" "mark the same words elsewhere, after a preview";
        Join "join" "join the focused span with the next of its type";
        Split "split" "make each fragment of the focused span a span";
    }
    Relation {
        Relate "relate" "relate the focused span to a numbered partner";
        OtherRole "other-role" "give the focused relation its other role";
        Flip "flip" "turn the focused relation round";
        Retarget "retarget" "choose another end for the focused relation";
        AllRelations "all-relations" "relations of the span, or of the whole document";
        Arcs "arcs" "draw the relations of the focused span over the text";
    }
    Document {
        Note "note" "note on the focused item, or on the document";
        Flag "flag" "flag the document to be looked at again";
        Done "done" "go on; on the last item: done, open the next document";
        NextDocument "next-document" "next document";
        PreviousDocument "previous-document" "previous document";
        Aside "aside" "put the document aside, or take it back";
        DocumentList "document-list" "list of documents: search, sort, filter";
        Checks "checks" "list of what deserves another look";
        MissingMentions "missing-mentions" "look for accepted words that are not marked";
        Export "export" "write the result files of this document now";
        ExportAll "export-all" "write the result files of all documents now";
        Palette "palette" "find an action by its name";
        Help "help" "all keys";
        Suspend "suspend" "put rolecall into the background of the shell";
        Quit "quit" "quit (every decision is on disk already, or it warns)";
    }
}

impl Action {
    /// The action of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }

    /// Whether a number typed before it says how often.
    pub const fn is_repeated(self) -> bool {
        use Action::*;
        let moves =
            matches!(self, WordLeft | WordRight | LineDown | LineUp | PageDown | PageUp | NextUndecided | PreviousUndecided);
        let hops = matches!(self, NextItem | PreviousItem | NextSentence | PreviousSentence | NextCheck | PreviousCheck);
        let edges = matches!(self, RightEdgeOut | LeftEdgeOut | RightEdgeIn | LeftEdgeIn);
        let others = matches!(self, Undo | Redo | ThresholdUp | ThresholdDown | NextDocument | PreviousDocument);
        moves || hops || edges || others
    }

    /// Whether a number typed before it says which relation of the panel it is about.
    pub const fn is_about_a_relation(self) -> bool {
        matches!(self, Self::Accept | Self::Reject | Self::OtherRole | Self::Flip | Self::Retarget | Self::Delete | Self::Note)
    }

    /// What the key legend calls it: one short word.
    pub const fn short(self) -> &'static str {
        match self {
            Self::RightEdgeOut | Self::LeftEdgeOut | Self::RightEdgeIn | Self::LeftEdgeIn => "edge",
            Self::OtherRole => "role",
            Self::NextUndecided => "next",
            Self::NextDocument | Self::PreviousDocument => "document",
            Self::DocumentList => "list",
            Self::AllRelations => "whole document",
            Self::Retype => "type",
            Self::Retarget => "end",
            other => other.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for action in Action::ALL {
            assert_eq!(Action::by_name(action.name()), Some(*action), "two actions are called {}", action.name());
            assert!(!action.doc().ends_with('.'), "{}", action.doc());
            assert!(action.doc().len() <= 54, "too long for the help at 80 columns: {}", action.doc());
        }
    }
}
