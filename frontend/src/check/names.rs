//! What a name means (LANGUAGE rule 2).

use std::rc::Rc;

use super::constants::Constant;
use super::declarations::{
    Checker, DeclarationId, DeclarationKind, Entity, ModuleId, PLACES_IN_EXTEND, Parent, Place,
    Rows, State, Unit, UnitId, UnitKind,
};
use crate::diagnostic::Span;
use crate::syntax::ast;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    Unit(UnitId),
    Table(DeclarationId),
    Module(ModuleId),
    Constant(Constant),
    /// A mistake that was told.
    Poison,
}

impl From<&Entity> for Meaning {
    fn from(entity: &Entity) -> Meaning {
        match entity {
            Entity::Unit(unit) => Meaning::Unit(*unit),
            Entity::Table(table) => Meaning::Table(*table),
            Entity::Module(module) => Meaning::Module(*module),
            Entity::Config(value) => Meaning::Constant(value.clone()),
            Entity::Poison => Meaning::Poison,
        }
    }
}

/// What a table has under a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Member {
    Found(UnitId),
    /// Known once this is evaluated: a top-level definition that may live on the table.
    Wait(UnitId),
    Missing,
    /// The table itself is a mistake that was told.
    Poison,
}

impl Checker<'_> {
    /// The meaning of a bare name; a diagnostic if there is none.
    pub(crate) fn resolve(&mut self, place: Place, name: &str, span: Span) -> Meaning {
        if let Some(value) = self.variable(place, name) {
            return Meaning::Constant(value);
        }
        for table in self.tables_of(place.rows) {
            match self.full_member(table, name) {
                // What has to wait is asked for again when it is known.
                Member::Found(unit) | Member::Wait(unit) => return Meaning::Unit(unit),
                Member::Poison => return Meaning::Poison,
                Member::Missing => {}
            }
        }
        let module = &self.modules[place.module];
        if let Some(entity) = module.names.get(name) {
            return Meaning::from(entity);
        }
        match module.source_members.get(name).map(Vec::as_slice) {
            Some([unit]) => Meaning::Unit(*unit),
            Some(several) => {
                let several = several.to_vec();
                self.ambiguous(name, span, &several);
                Meaning::Poison
            }
            None => {
                self.unknown_name(place, name, span);
                Meaning::Poison
            }
        }
    }

    /// The tables whose members bare names mean first.
    fn tables_of(&mut self, rows: Rows) -> Vec<DeclarationId> {
        match rows {
            Rows::Top => Vec::new(),
            Rows::Table(table) => vec![table],
            Rows::Groups(table) => {
                let parent = self.parent(table);
                std::iter::once(table).chain(parent).collect()
            }
            Rows::Grouped(table) => self.parent(table).into_iter().collect(),
        }
    }

    /// The member of a table by its short name, its own or carried from the table before.
    pub(crate) fn member(&mut self, table: DeclarationId, name: &str) -> Member {
        let mut chain = Vec::new();
        let mut at = table;
        loop {
            if let Some(&unit) = self.declarations[at].members.get(name) {
                if !self.all_unions_have(&chain, name, None) {
                    return Member::Missing;
                }
                return Member::Found(self.carry(&chain, unit));
            }
            if matches!(self.declarations[at].kind, DeclarationKind::Unknown) {
                return Member::Poison;
            }
            if !self.carries(at) {
                return Member::Missing;
            }
            if self.is_unpivoted(at, name) {
                return Member::Missing;
            }
            // A table among its own ancestors is told when its rows are asked for.
            if chain.len() > self.declarations.len() {
                return Member::Poison;
            }
            chain.push(at);
            match self.parent(at) {
                Some(parent) => at = parent,
                None => return Member::Poison,
            }
        }
    }

    /// A member written in full, `table.name`: also a top-level definition on the table's rows.
    pub(crate) fn full_member(&mut self, table: DeclarationId, name: &str) -> Member {
        match self.member(table, name) {
            Member::Missing => {}
            other => return other,
        }
        let module = self.declarations[table].place.module;
        let Some(Entity::Unit(unit)) = self.dotted(module, name) else {
            return Member::Missing;
        };
        if !matches!(
            self.units[unit].kind,
            UnitKind::Definition { .. } | UnitKind::Bound { .. }
        ) {
            return Member::Missing;
        }
        let node = match self.units[unit].state {
            State::Waiting => return Member::Wait(unit),
            // A definition that asks for itself by its full name: the cycle is told there.
            State::Running => return Member::Found(unit),
            State::Poisoned | State::Rows(_) => return Member::Poison,
            State::Done(node) => node,
        };
        let Some(home) = self.builder.graph().table_of(node) else {
            return Member::Missing;
        };
        let mut chain = Vec::new();
        let mut at = table;
        while self.declarations[at].table != Some(home) {
            let carries = self.carries(at) && !self.is_unpivoted(at, name);
            if !carries || chain.len() > self.declarations.len() {
                return Member::Missing;
            }
            chain.push(at);
            match self.parent(at) {
                Some(parent) => at = parent,
                None => return Member::Poison,
            }
        }
        if !self.all_unions_have(&chain, name, Some(home)) {
            return Member::Missing;
        }
        Member::Found(self.carry(&chain, unit))
    }

    /// What a name with the names of instances before it means, such as `t.speed`.
    fn dotted(&mut self, module: ModuleId, name: &str) -> Option<Entity> {
        if let Some(entity) = self.modules[module].names.get(name) {
            return Some(entity.clone());
        }
        let (mut module, mut rest) = (module, name);
        while let Some((first, after)) = rest.split_once('.') {
            match self.modules[module].names.get(first) {
                Some(Entity::Module(inner)) => (module, rest) = (*inner, after),
                _ => return None,
            }
        }
        self.name_in_module(module, rest)
    }

    /// Carries a member through derived tables, the last of `chain` first.
    fn carry(&mut self, chain: &[DeclarationId], unit: UnitId) -> UnitId {
        let mut unit = unit;
        for &table in chain.iter().rev() {
            let name = self.carried_name(unit, table);
            unit = self.carried(table, unit, name);
        }
        unit
    }

    /// The member of a derived table that holds what `from` holds in the table before.
    pub(crate) fn carried(&mut self, table: DeclarationId, from: UnitId, name: Rc<str>) -> UnitId {
        let Unit { span, rank, .. } = &self.units[from];
        let (span, mut rank) = (*span, *rank);
        if self.carries_bound(table) && self.units[from].name == name {
            // A definition of its own, behind that of what it holds.
            rank += PLACES_IN_EXTEND / 2;
        }
        let (place, hidden) = {
            let declaration = &self.declarations[table];
            (declaration.place, declaration.hidden)
        };
        let unit = self.units.push(Unit {
            name: Rc::clone(&name),
            place,
            span,
            kind: UnitKind::Carried { table, from },
            state: State::Waiting,
            item: None,
            hidden: hidden
                || self.units[from].hidden
                    && !self.declarations[table].hidden
                    && name.starts_with('_'),
            rank,
        });
        let declaration = &mut self.declarations[table];
        declaration.members.insert(name, unit);
        declaration.order.push(unit);
        unit
    }

    /// The table before a derived table.
    pub(crate) fn parent(&mut self, table: DeclarationId) -> Option<DeclarationId> {
        let declaration = &self.declarations[table];
        let DeclarationKind::Step { parent, .. } = &declaration.kind else {
            return None;
        };
        match parent {
            Parent::Table(parent) => Some(*parent),
            Parent::Unknown => None,
            Parent::Path(path) => {
                let (place, path) = (declaration.place, path.clone());
                let found = self.table_at(place, &path);
                if let DeclarationKind::Step { parent, .. } = &mut self.declarations[table].kind {
                    *parent = found.map_or(Parent::Unknown, Parent::Table);
                }
                found
            }
        }
    }

    /// The table of a path such as `geo.track`; a diagnostic if it names none.
    pub(crate) fn table_at(&mut self, place: Place, path: &ast::Path) -> Option<DeclarationId> {
        let (module, table) = self.declared_table(place, path)?;
        self.wake(module);
        Some(table)
    }

    /// The table of a path and its module, without asking for what it holds.
    pub(crate) fn declared_table(
        &mut self,
        place: Place,
        path: &ast::Path,
    ) -> Option<(ModuleId, DeclarationId)> {
        let mut module = place.module;
        let (last, before) = path.names.split_last()?;
        for name in before {
            let text = self.expand(place, *name);
            match self.modules[module].names.get(&text) {
                Some(Entity::Module(inner)) => module = *inner,
                Some(Entity::Poison) => return None,
                _ => {
                    self.unknown_table(module, &text, name.span);
                    return None;
                }
            }
        }
        let text = self.expand(place, *last);
        match self.modules[module].names.get(&text) {
            Some(Entity::Table(table)) => Some((module, *table)),
            Some(Entity::Poison) => None,
            _ => {
                self.unknown_table(module, &text, last.span);
                None
            }
        }
    }
}
