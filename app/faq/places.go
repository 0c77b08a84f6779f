package faq

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/fail"
)

// Place is a customer, website or group, as files name it.
type Place struct {
	ID           uuid.UUID
	Name         string
	Customer     uuid.UUID // whose website it is; zero: it is none
	CustomerName string
}

// Names are the places that whoever imports may see.
type Names struct {
	Customers, Websites, Groups []Place
}

// Path names a place so that nothing else is meant: "Customer / Website", or the name alone. Names with a slash or a quotation mark
// are in quotation marks, those in them doubled.
func (p Place) Path() string {
	if p.Customer == uuid.Nil {
		return p.Name
	}
	return quoted(p.CustomerName) + between + quoted(p.Name)
}

const between = " / "

func quoted(name string) string {
	if !strings.ContainsAny(name, `/"`) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// parted takes a path of two names apart; false: it is one name.
func parted(path string) (customer, website string, two bool) {
	customer, rest := unquoted(path)
	rest, two = strings.CutPrefix(rest, between)
	if !two || customer == "" {
		return "", "", false
	}
	website, rest = unquoted(rest)
	return customer, website, rest == "" && website != ""
}

// unquoted returns the name at the beginning of a path, and what follows it.
func unquoted(path string) (name, rest string) {
	inside, is := strings.CutPrefix(path, `"`)
	if !is {
		if at := strings.Index(path, between); at >= 0 {
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

// index finds places by id, and by all that may mean them, in any case.
type index struct {
	byID   map[uuid.UUID]Place
	byName map[string][]Place
}

// indices are those of the three kinds of places.
type indices struct{ customers, websites, groups index }

func (n Names) index() indices {
	return indices{indexOf(n.Customers), indexOf(n.Websites), indexOf(n.Groups)}
}

func indexOf(places []Place) index {
	x := index{make(map[uuid.UUID]Place, len(places)), make(map[string][]Place, len(places))}
	for _, p := range places {
		x.byID[p.ID] = p
		names := []string{strings.ToLower(p.Name), strings.ToLower(quoted(p.Name)), strings.ToLower(p.Path())}
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

// called returns the places that a name or path may mean.
func (x index) called(name string) []Place {
	list := x.byName[strings.ToLower(name)]
	if customer, website, two := parted(name); two {
		list = slices.Clone(list)
		for _, p := range x.byName[strings.ToLower(customer+"\x00"+website)] {
			if !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	return list
}

// placed is how a record names one place: by an id, by a name or a path, or by both; empty: everywhere.
type placed struct{ what, id, name string }

// in returns which of the places is meant: the one with the id if there is one, else the one that the name fits. of limits websites
// to a customer's; zero: any. note says what the reader should know about the choice. fail.Invalid if no place fits, or several do.
func (x placed) in(places index, of uuid.UUID) (found Place, note string, err error) {
	id, bad := uuid.Parse(x.id)
	if p, there := places.byID[id]; there && bad == nil {
		if x.name != "" && !slices.Contains(places.called(x.name), p) {
			note = "The id of the " + x.what + " counts: it is “" + p.Path() + "”."
		}
		return p, note, nil
	}
	switch {
	case x.id != "" && bad != nil:
		return Place{}, "", fail.New(fail.Invalid, "“%s” is not the id of a %s. Leave it empty, and the name counts.", x.id, x.what)
	case x.name == "" && x.id == "":
		return Place{}, "", nil
	case x.name == "":
		return Place{}, "", fail.New(fail.Invalid, "There is no %s with the id %s. Give its name.", x.what, x.id)
	}
	var fits, others []Place
	for _, p := range places.called(x.name) {
		if of == uuid.Nil || p.Customer == of {
			fits = append(fits, p)
		} else {
			others = append(others, p)
		}
	}
	if len(fits) > 1 {
		var exactly []Place
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
		return Place{}, "", fail.New(fail.Invalid, "“%s” fits more than one %s: %s. Give the id, or the whole name.", x.name, x.what, listed(fits))
	case len(others) > 0:
		return Place{}, "", fail.New(fail.Invalid, "The website “%s” belongs to another customer than the row’s.", others[0].Path())
	}
	return Place{}, "", fail.New(fail.Invalid, "There is no %s called “%s”.", x.what, x.name)
}

// listed names the first places that are meant, each with the beginning of its id where names are equal.
func listed(places []Place) string {
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
func (x Record) scope(places indices) (s Scope, note string, err error) {
	customer, note1, err := placed{"customer", x.CustomerID, x.Customer}.in(places.customers, uuid.Nil)
	if err != nil {
		return s, "", err
	}
	website, note2, err := placed{"website", x.WebsiteID, x.Website}.in(places.websites, customer.ID)
	if err != nil {
		return s, "", err
	}
	if customer.ID != uuid.Nil && website.ID != uuid.Nil && website.Customer != customer.ID {
		return s, "", fail.New(fail.Invalid, "The website “%s” belongs to another customer than the row’s, which is “%s”.", website.Path(), customer.Name)
	}
	group, note3, err := placed{"group", x.GroupID, x.Group}.in(places.groups, uuid.Nil)
	return Scope{customer.ID, website.ID, group.ID}, cmp.Or(note1, note2, note3), err
}
