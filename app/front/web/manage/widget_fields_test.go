package manage

import (
	"slices"
	"testing"

	"parley/app/domain/settings"
	view "parley/templates/manage"
)

// Every setting of a website has a field in one form, and every field is one of settings.
func TestEverySettingHasAField(t *testing.T) {
	t.Parallel()
	var all []settings.Field
	for _, f := range view.WidgetFields {
		if _, known := widgetSections[f.Part]; !known {
			t.Errorf("%s is in the form %s, which there is not", f.Name, f.Part)
		}
		for _, x := range f.Fields {
			if !slices.Contains(settings.Fields(), x) {
				t.Errorf("%s is for %s, which there is not", f.Name, x)
			}
			all = append(all, x)
		}
	}
	for _, x := range settings.Fields() {
		if n := len(slices.DeleteFunc(slices.Clone(all), func(f settings.Field) bool { return f != x })); n != 1 {
			t.Errorf("%s is in %d fields", x, n)
		}
	}
}
