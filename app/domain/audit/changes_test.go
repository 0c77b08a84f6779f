package audit

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestChangesNameWhomTheyAreAbout(t *testing.T) {
	t.Parallel()
	before, err := leavesOf(json.RawMessage(`{"members": [{"id": "1", "name": "J. Smith", "helper": false}, {"id": "2", "name": "Ida", "helper": true}],
		"hours": {"monday": "9:00-17:00"}, "rules": [{"name": "a"}, {"name": "a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	after, err := leavesOf(json.RawMessage(`{"members": [{"id": "1", "name": "J. Smith", "helper": true}, {"id": "2", "name": "Ida", "helper": true}],
		"rules": [{"name": "a"}, {"name": "b"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{"Hours, monday", "9:00-17:00", ""},
		{"Members, J. Smith, helper", "no", "yes"},
		{"Rules, 1, name", "a", ""},
		{"Rules, 2, name", "a", ""},
		{"Rules, a, name", "", "a"},
		{"Rules, b, name", "", "b"},
	}
	if got := changesOf(before, after, nil); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}
