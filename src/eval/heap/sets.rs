//! Sets and partial collections.

use super::Heap;
use crate::code::Symbol;
use crate::eval::repr::Attr;
use crate::eval::value::{Attrs, Item, OpenAttrs, OptionalAttr, PartialList, Unknown, Value};
use crate::source::Pos;

impl<'e> Heap<'e> {
    /// A set with these names, values and positions, in any order; names must be unique.
    pub fn attrs(&self, parts: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>) -> Value<'e> {
        self.attrs_from(parts, None)
    }

    /// A set with these attributes that may have further names.
    pub fn open_attrs(
        &self,
        parts: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>,
        rest: &'e Unknown,
    ) -> Value<'e> {
        self.attrs_from(parts, Some(rest))
    }

    pub(in crate::eval) fn attrs_from(
        &self,
        parts: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>,
        rest: Option<&'e Unknown>,
    ) -> Value<'e> {
        let mut attrs: Vec<_> =
            parts.into_iter().map(|(name, value, pos)| Attr { name, pos, value: self.pack(value) }).collect();
        attrs.sort_by_key(|attr| attr.name);
        self.attrs_of(&attrs, rest)
    }

    pub(in crate::eval) fn attrs_of(&self, sorted: &[Attr<'e>], rest: Option<&'e Unknown>) -> Value<'e> {
        self.attrs_rest(sorted, rest.map(OpenAttrs::any))
    }

    /// A list with certain and optional elements.
    pub fn partial_list(&self, items: &[Item<'e>]) -> Value<'e> {
        match items.iter().find_map(|item| item.optional) {
            Some(why) => {
                Value::PartialList(self.bump.alloc(PartialList { items: self.bump.alloc_slice_copy(items), why }))
            }
            None => self.list(items.iter().map(|item| item.value)),
        }
    }

    /// A set with certain attributes in any order, optional ones, and any others if `any` gives a reason.
    pub fn partial_attrs(
        &self,
        parts: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>,
        optional: &[(Symbol, Value<'e>, Pos, &'e Unknown)],
        any: Option<&'e Unknown>,
    ) -> Value<'e> {
        let mut attrs: Vec<_> =
            parts.into_iter().map(|(name, value, pos)| Attr { name, pos, value: self.pack(value) }).collect();
        attrs.sort_by_key(|attr| attr.name);
        let optional = optional.iter().map(|(name, value, pos, why)| OptionalAttr {
            attr: Attr { name: *name, pos: *pos, value: self.pack(*value) },
            why,
        });
        self.attrs_maybe(&attrs, optional.collect(), any)
    }

    /// Like [`Self::partial_attrs`], from attributes that are already sorted and packed.
    pub(in crate::eval) fn attrs_maybe(
        &self,
        sorted: &[Attr<'e>],
        mut optional: Vec<OptionalAttr<'e>>,
        any: Option<&'e Unknown>,
    ) -> Value<'e> {
        optional.sort_by_key(|optional| optional.attr.name);
        let is_open = any.is_some() || !optional.is_empty();
        let rest = is_open.then(|| OpenAttrs { names: self.bump.alloc_slice_copy(&optional), any });
        self.attrs_rest(sorted, rest)
    }

    /// The attributes in the byte order of their names.
    pub(in crate::eval) fn by_name(&self, attrs: &Attrs<'e>) -> Vec<(&'e str, Value<'e>, Pos)> {
        let named = self.order(attrs).iter().map(|at| {
            let attr = attrs.attr(*at as usize);
            (self.name(attr.name), attr.value.get(), attr.pos)
        });
        named.collect()
    }

    /// All attributes of a set, including optional ones, in the byte order of their names.
    pub(in crate::eval) fn all_by_name(&self, attrs: &Attrs<'e>) -> Vec<(&'e str, Item<'e>)> {
        let certain = attrs.entries().map(|attr| (attr.name, Item { value: attr.value.get(), optional: None }));
        let optional = attrs.optional().iter();
        let optional = optional.map(|one| (one.name(), Item { value: one.value(), optional: Some(one.why()) }));
        let mut named: Vec<_> = certain.chain(optional).map(|(name, item)| (self.name(name), item)).collect();
        named.sort_unstable_by_key(|(name, _)| *name);
        named
    }

    /// The names that a set certainly has.
    pub(in crate::eval) fn names<'a>(&'a self, attrs: &'a Attrs<'e>) -> impl Iterator<Item = &'e str> + 'a {
        attrs.iter().map(|(name, ..)| self.name(name))
    }
}
