package settings

import (
	"encoding/json"
	"reflect"

	"parley/app/platform/fail"
)

// Widget is how a website's widget looks and behaves: every section that websites inherit. Its zero value is not usable; Default is.
type Widget struct {
	General    General    `json:"general"`
	Appearance Appearance `json:"appearance"`
	Greetings  Greetings  `json:"greetings"`
	Invitation Invitation `json:"invitation"`
	PreChat    PreChat    `json:"prechat"`
	Files      Files      `json:"files"`
	Closing    Closing    `json:"closing"`
	Mail       Mail       `json:"mail"`
	Security   Security   `json:"security"`
	Texts      Texts      `json:"texts"`
}

// Default returns what holds where nothing is set.
func Default() Widget {
	return Widget{Greetings: defaultGreetings(), Files: defaultFiles()}
}

// maxWidgetBytes is how many bytes the settings of a widget can take.
const maxWidgetBytes = 150_000

// check cleans the settings, and refuses what no widget could follow, in the sections that are other than before; nil checks all of them.
// Errors are named as forms name their fields; those of the third greeting begin with greeting-2-, those of a question with question-.
func (w *Widget) check(before *Widget) error {
	c := &fail.Checks{}
	changed := func(now, before any) bool { return !reflect.DeepEqual(now, before) }
	all := before == nil
	if all {
		before = &Widget{}
	}
	if all || w.General != before.General {
		w.General.check(c)
	}
	if all || w.Appearance != before.Appearance {
		w.Appearance.check(c)
	}
	if all || w.Greetings.Standard != before.Greetings.Standard {
		w.Greetings.checkStandard(c)
	}
	if all || changed(w.Greetings.List, before.Greetings.List) || changed(w.Greetings.Holidays, before.Greetings.Holidays) {
		w.Greetings.checkList(c)
	}
	if all || w.Invitation != before.Invitation {
		w.Invitation.check(c)
	}
	if all || changed(w.PreChat.Questions, before.PreChat.Questions) {
		w.PreChat.checkQuestions(c)
	}
	if all || w.PreChat.Privacy != before.PreChat.Privacy {
		w.PreChat.checkPrivacy(c)
	}
	if all || changed(w.Files, before.Files) {
		w.Files.check(c)
	}
	if all || changed(w.Closing, before.Closing) {
		w.Closing.check(c, &before.Closing)
	}
	if all || changed(w.Mail, before.Mail) {
		w.Mail.check(c)
	}
	if all || changed(w.Texts, before.Texts) {
		w.Texts.check(c)
	}
	if b, err := json.Marshal(w); err == nil && len(b) > maxWidgetBytes {
		c.Add("", "The settings of a widget can have %d kB in total, but these have %d kB. Shorten some texts.", maxWidgetBytes/1000, len(b)/1000+1)
	}
	return c.Result()
}
