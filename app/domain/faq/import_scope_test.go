package faq

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

var scopeID = func(n byte) uuid.UUID { return uuid.UUID{15: n} }

// An id counts before names; a name that may mean two things is refused with both; a website is its customer's.
func TestResolveRecordScope(t *testing.T) {
	t.Parallel()
	website := func(id byte, name string, customer byte, customerName string) NamedScope {
		return NamedScope{scopeID(id), name, scopeID(customer), customerName}
	}
	names := ScopeNames{
		Customers: []NamedScope{
			{ID: scopeID(1), Name: "Acme"},
			{ID: scopeID(2), Name: "Globex"},
			{ID: scopeID(3), Name: "globex"},
			{ID: scopeID(4), Name: `A / "B"`},
			{ID: scopeID(5), Name: "A"},
		},
		Websites: []NamedScope{
			website(11, "Shop", 1, "Acme"),
			website(12, "Shop", 2, "Globex"),
			website(13, "Blog", 1, "Acme"),
			website(14, "C / D", 4, `A / "B"`),
			website(15, "Acme / Shop", 2, "Globex"),
			website(16, "B", 5, "A"),
		},
		Groups: []NamedScope{{ID: scopeID(21), Name: "Sales / EU"}},
	}
	for _, c := range []struct {
		name      string
		x         Record
		c, w, g   byte
		why, note string
	}{
		{"everywhere", Record{}, 0, 0, 0, "", ""},
		{"a customer", Record{Customer: "ACME"}, 1, 0, 0, "", ""},
		{"of two in any case, as it is written", Record{Customer: "globex"}, 3, 0, 0, "", ""},
		{"of two in any case, in another", Record{Customer: "GLOBEX"}, 0, 0, 0, "“GLOBEX” matches more than one customer: “Globex”, “globex”", ""},
		{"a website of two customers", Record{Website: "shop"}, 0, 0, 0, "“shop” matches more than one website: “Acme / Shop”, “Globex / Shop”", ""},
		{"with its customer", Record{Customer: "Acme", Website: "shop"}, 1, 11, 0, "", ""},
		{"by its path", Record{Website: "Globex / Shop"}, 0, 12, 0, "", ""},
		{"by a path that is a name as well", Record{Website: "Acme / Shop"}, 0, 11, 0, "", ""},
		{"by the same in another case", Record{Website: "acme / shop"}, 0, 0, 0, "matches more than one website: ", ""},
		{"by the name in quotes", Record{Website: `Globex / "Acme / Shop"`}, 0, 15, 0, "", ""},
		{"by a path of odd names", Record{Website: `"A / ""B""" / "C / D"`}, 0, 14, 0, "", ""},
		{"by an odd name", Record{Website: "C / D"}, 0, 14, 0, "", ""},
		{"by a path in needless quotes", Record{Website: `"A" / "B"`}, 0, 16, 0, "", ""},
		{"by its id", Record{Website: "Shop", WebsiteID: scopeID(12).String()}, 0, 12, 0, "", ""},
		{"by its id, under a former name", Record{Website: "Acme / Old", WebsiteID: scopeID(12).String()}, 0, 12, 0, "", "The id is used: “Globex / Shop”"},
		{"an id from elsewhere", Record{Website: "Acme / Shop", WebsiteID: scopeID(99).String()}, 0, 11, 0, "", ""},
		{"an id from elsewhere alone", Record{WebsiteID: scopeID(99).String()}, 0, 0, 0, "There is no website with the id", ""},
		{"no id", Record{WebsiteID: "17"}, 0, 0, 0, "“17” is not a valid website id", ""},
		{"another customer's", Record{Customer: "A", Website: "Blog"}, 0, 0, 0, "“Acme / Blog” belongs to a different customer", ""},
		{"another customer's by path", Record{Customer: "A", Website: "Acme / Blog"}, 0, 0, 0, "“Acme / Blog” belongs to a different customer", ""},
		{"another customer's by id", Record{CustomerID: scopeID(5).String(), WebsiteID: scopeID(13).String()}, 0, 0, 0, "“Acme / Blog” does not belong to the customer of the row, “A”", ""},
		{"a group", Record{Group: "sales / eu"}, 0, 0, 21, "", ""},
		{"nothing", Record{Group: "Support"}, 0, 0, 0, "There is no group with the name “Support”", ""},
	} {
		s, note, err := c.x.scope(names.index())
		if c.why != "" {
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%s: %+v %v", c.name, s, err)
			}
			continue
		}
		want := Scope{Customer: scopeID(c.c), Website: scopeID(c.w), Group: scopeID(c.g)}
		if err != nil || s != want || !strings.Contains(note, c.note) || (c.note == "") != (note == "") {
			t.Errorf("%s: %+v %q %v", c.name, s, note, err)
		}
	}
}

// A path means one place, whatever it is called.
func FuzzScopePaths(f *testing.F) {
	f.Add("Acme", "Shop")
	f.Add(`a / b`, `"c"`)
	f.Add(`"`, `" / "`)
	f.Add(`a "`, ` /`)
	f.Fuzz(func(t *testing.T, customer, website string) {
		if strings.TrimSpace(customer) != customer || strings.TrimSpace(website) != website || customer == "" || website == "" {
			return // no such names are stored
		}
		p := NamedScope{scopeID(1), website, scopeID(2), customer}
		if c, w, two := splitPath(p.Path()); !two || c != customer || w != website {
			t.Fatalf("%q is %q and %q, %v", p.Path(), c, w, two)
		}
	})
}
