package faq

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// NamedScope is a customer, website or group, as files name it.
type NamedScope struct {
	ID           uuid.UUID
	Name         string
	Customer     uuid.UUID // whose website it is; zero: it is none
	CustomerName string
}

// ScopeNames are the places that whoever imports may see.
type ScopeNames struct {
	Customers, Websites, Groups []NamedScope
}

// Path names a place so that nothing else is meant: "Customer / Website", or the name alone. Names with a slash or a quotation mark
// are in quotation marks, those in them doubled.
func (p NamedScope) Path() string {
	if p.Customer == uuid.Nil {
		return p.Name
	}
	return quoteName(p.CustomerName) + pathSeparator + quoteName(p.Name)
}

const pathSeparator = " / "

func quoteName(name string) string {
	if !strings.ContainsAny(name, `/"`) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// splitPath takes a path of two names apart; false: it is one name.
func splitPath(path string) (customer, website string, two bool) {
	customer, rest := cutName(path)
	rest, two = strings.CutPrefix(rest, pathSeparator)
	if !two || customer == "" {
		return "", "", false
	}
	website, rest = cutName(rest)
	return customer, website, rest == "" && website != ""
}

// cutName returns the name at the beginning of a path, and what follows it.
func cutName(path string) (name, rest string) {
	inside, is := strings.CutPrefix(path, `"`)
	if !is {
		if at := strings.Index(path, pathSeparator); at >= 0 {
			return path[:at], path[at:]
		}
		return path, ""
	}
	var out strings.Builder
	for {
		part, after, closed := strings.Cut(inside, `"`)
		out.WriteString(part)
		if !closed {
			return path, "" // never closed: it is part of the name
		}
		if inside, is = strings.CutPrefix(after, `"`); !is {
			return out.String(), after
		}
		out.WriteByte('"')
	}
}

// scopeIndex finds places by id, and by all that may mean them, in any case.
type scopeIndex struct {
	byID   map[uuid.UUID]NamedScope
	byName map[string][]NamedScope
}

// scopeIndexes are those of the three kinds of places.
type scopeIndexes struct{ customers, websites, groups scopeIndex }

func (n ScopeNames) index() scopeIndexes {
	return scopeIndexes{newScopeIndex(n.Customers), newScopeIndex(n.Websites), newScopeIndex(n.Groups)}
}

func newScopeIndex(places []NamedScope) scopeIndex {
	x := scopeIndex{make(map[uuid.UUID]NamedScope, len(places)), make(map[string][]NamedScope, len(places))}
	for _, p := range places {
		x.byID[p.ID] = p
		names := []string{strings.ToLower(p.Name), strings.ToLower(quoteName(p.Name)), strings.ToLower(p.Path())}
		if p.Customer != uuid.Nil {
			names = append(names, strings.ToLower(p.CustomerName+"\x00"+p.Name))
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			x.byName[name] = append(x.byName[name], p)
		}
	}
	return x
}

// find returns the places that a name or path may mean.
func (x scopeIndex) find(name string) []NamedScope {
	list := x.byName[strings.ToLower(name)]
	if customer, website, two := splitPath(name); two {
		list = slices.Clone(list)
		for _, p := range x.byName[strings.ToLower(customer+"\x00"+website)] {
			if !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	return list
}

// scopeRef is how a record names one place: by an id, by a name or a path, or by both; empty: everywhere.
type scopeRef struct{ what, id, name string }

// resolve returns which of the places is meant: the one with the id if there is one, else the one that the name fits. of limits websites
// to a customer's; zero: any. note says what the reader should know about the choice. fail.Invalid if no place fits, or several do.
func (x scopeRef) resolve(places scopeIndex, of uuid.UUID) (found NamedScope, note string, err error) {
	id, bad := uuid.Parse(x.id)
	if p, there := places.byID[id]; there && bad == nil {
		if x.name != "" && !slices.Contains(places.find(x.name), p) {
			note = "The " + x.what + " id and name differ. The id is used: “" + p.Path() + "”."
		}
		return p, note, nil
	}
	switch {
	case x.id != "" && bad != nil:
		return NamedScope{}, "", fail.New(fail.Invalid, "“%s” is not a valid %s id. Correct it, or leave it empty to use the name.", x.id, x.what)
	case x.name == "" && x.id == "":
		return NamedScope{}, "", nil
	case x.name == "":
		return NamedScope{}, "", fail.New(fail.Invalid, "There is no %s with the id %s. Use its name instead.", x.what, x.id)
	}
	var fits, others []NamedScope
	for _, p := range places.find(x.name) {
		if of == uuid.Nil || p.Customer == of {
			fits = append(fits, p)
		} else {
			others = append(others, p)
		}
	}
	if len(fits) > 1 {
		var exactly []NamedScope
		for _, p := range fits {
			if x.name == p.Path() { // as an export names it
				exactly = append(exactly, p)
			}
		}
		if len(exactly) == 1 {
			fits = exactly
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], "", nil
	case len(fits) > 1:
		return NamedScope{}, "", fail.New(fail.Invalid,
			"“%s” matches more than one %s: %s. Use the id or the full name.", x.name, x.what, listNames(fits))
	case len(others) > 0:
		return NamedScope{}, "", fail.New(fail.Invalid, "The website “%s” belongs to a different customer than the row.", others[0].Path())
	}
	return NamedScope{}, "", fail.New(fail.Invalid, "There is no %s with the name “%s”.", x.what, x.name)
}

// listNames names the first places that are meant, each with the beginning of its id where names are equal.
func listNames(places []NamedScope) string {
	const most = 5
	times := map[string]int{}
	for _, p := range places {
		times[p.Path()]++
	}
	var names []string
	for _, p := range places[:min(len(places), most)] {
		name := "“" + p.Path() + "”"
		if times[p.Path()] > 1 {
			name += " (" + p.ID.String() + ")"
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if len(places) > most {
		text += " and others"
	}
	return text
}

// scope finds the places of a record.
func (x Record) scope(places scopeIndexes) (s Scope, note string, err error) {
	customer, note1, err := scopeRef{"customer", x.CustomerID, x.Customer}.resolve(places.customers, uuid.Nil)
	if err != nil {
		return s, "", err
	}
	website, note2, err := scopeRef{"website", x.WebsiteID, x.Website}.resolve(places.websites, customer.ID)
	if err != nil {
		return s, "", err
	}
	if customer.ID != uuid.Nil && website.ID != uuid.Nil && website.Customer != customer.ID {
		return s, "", fail.New(fail.Invalid,
			"The website “%s” does not belong to the customer of the row, “%s”.", website.Path(), customer.Name)
	}
	group, note3, err := scopeRef{"group", x.GroupID, x.Group}.resolve(places.groups, uuid.Nil)
	return Scope{customer.ID, website.ID, group.ID}, cmp.Or(note1, note2, note3), err
}
