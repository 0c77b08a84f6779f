package manage

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"parley/app/domain/settings"
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// widgetSections is how each form of the page is read, by its name. What cannot be read, or stored as it was typed, is noted beside
// its field; a row is left out only if nothing was typed into it, or its removal is checked.
var widgetSections = map[string]func(*page.FormReader, *settings.Widget, *widgetAttempt){
	"look":      readAppearance,
	"greetings": readGreetings,
	"invite":    readInvite,
	"questions": readQuestions,
	"files":     readFileSettings,
	"end":       readEnd,
	"mail":      readMail,
	"guard":     readGuard,
	"texts":     readTexts,
}

// number reads a number within the range of a setting; 0 for an empty field.
func number(r *page.FormReader, field, what string, within settings.Range) int {
	return r.Number(field, what, within.Min, within.Max, 0)
}

// readAppearance reads the section on the launcher: its place, color and language.
func readAppearance(r *page.FormReader, s *settings.Widget, t *widgetAttempt) {
	s.Appearance = settings.Appearance{Left: r.IsChecked("left"), OffsetX: number(r, "x", "pixels", settings.Offset),
		OffsetY: number(r, "y", "pixels", settings.Offset), Hidden: r.IsChecked("hidden"), LauncherSelector: r.FormValue("own")}
	if r.IsChecked("colored") {
		if s.Appearance.Color = r.FormValue("color"); s.Appearance.Color == "" {
			r.Add("color", "Choose a color such as #0b6bcb.")
		}
	}
	s.General.Language, s.General.Zone = r.FormValue("language"), strings.TrimSpace(r.FormValue("zone"))
	if t.level != settings.WebsiteLevel { // a website's stands on its own page
		s.General.TypingPreview = r.IsChecked("typing_preview")
	}
}

// readGreetings reads the greetings, in the order that their places say.
func readGreetings(r *page.FormReader, s *settings.Widget, t *widgetAttempt) {
	type placed struct {
		settings.Greeting
		row, place int
	}
	var list []placed
	for i := range r.RowCount() {
		n := strconv.Itoa(i) + "-"
		g := settings.Greeting{From: r.FormValue(n + "from"), To: r.FormValue(n + "to"), Page: r.FormValue(n + "page"),
			Language:     r.FormValue(n + "language"),
			OnlyHolidays: r.IsChecked(n + "holiday"), Text: r.FormValue(n + "text"), Status: r.FormValue(n + "status")}
		for _, p := range settings.Availabilities {
			if r.IsChecked(n + string(p)) {
				g.States = append(g.States, p)
			}
		}
		for day := range 7 {
			if r.IsChecked(n + "day" + strconv.Itoa(day)) {
				g.Days = append(g.Days, day)
			}
		}
		t.greetings = append(t.greetings, g)
		if r.IsChecked(n+"remove") || r.FormValue(n+"there") == "" && reflect.DeepEqual(trimGreeting(g), settings.Greeting{}) {
			continue
		}
		place := r.Number(n+"place", "the order", 1, page.MaxRows, i+1)
		list = append(list, placed{g, i, 2*place + cmp.Compare(place, i+1)}) // beside the one that is there
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	s.Greetings.List = nil
	for _, g := range list {
		s.Greetings.List = append(s.Greetings.List, g.Greeting)
		r.Rows["greeting"] = append(r.Rows["greeting"], g.row)
	}
	s.Greetings.Holidays = nonEmptyLines(r.FormValue("holidays"))
	if t.level != settings.WebsiteLevel {
		s.Greetings.Standard = r.FormValue("greeting")
	}
}

// readInvite reads when visitors are invited to chat.
func readInvite(r *page.FormReader, s *settings.Widget, _ *widgetAttempt) {
	s.Invitation = settings.Invitation{Text: r.FormValue("invite"), AfterSeconds: number(r, "after", "seconds", settings.InvitationAfter),
		ScrollPercent: number(r, "scroll", "percent", settings.InvitationScroll), OnExit: r.IsChecked("exit"),
		Page: r.FormValue("invite_page"), RepeatHours: number(r, "every", "hours", settings.InvitationRepeat), OnlyOnline: r.IsChecked("online")}
}

// readQuestions reads the questions before a chat, and the privacy notice.
func readQuestions(r *page.FormReader, s *settings.Widget, t *widgetAttempt) {
	s.PreChat.Questions = nil
	for i := range r.RowCount() {
		n := strconv.Itoa(i) + "-"
		q := settings.Question{Kind: r.FormValue(n + "kind"), Label: r.FormValue(n + "label"),
			Required: r.IsChecked(n + "required"), Link: strings.TrimSpace(r.FormValue(n + "link")),
			Choices: nonEmptyLines(r.FormValue(n + "choices")), Labels: r.KeyValues(n+"labels", ":", "de: Wie heißen Sie?")}
		t.questions = append(t.questions, q)
		empty := strings.TrimSpace(q.Label+q.Link+r.FormValue(n+"choices")+r.FormValue(n+"labels")) == "" && !q.Required &&
			(q.Kind == "" || q.Kind == settings.QuestionKinds[0])
		if r.IsChecked(n+"remove") || r.FormValue(n+"there") == "" && empty {
			continue
		}
		s.PreChat.Questions = append(s.PreChat.Questions, q)
		r.Rows["question"] = append(r.Rows["question"], i)
	}
	s.PreChat.Privacy = r.FormValue("privacy")
}

// readFileSettings reads which files visitors can send.
func readFileSettings(r *page.FormReader, s *settings.Widget, _ *widgetAttempt) {
	s.Files = settings.Files{Disabled: !r.IsChecked("files"), MaxMB: r.Number("files_mb", "MB", settings.FileMB.Min, settings.FileMB.Max, s.Files.MaxMB),
		Screenshots: r.IsChecked("shots")}
	for _, sort := range view.FileTypes {
		if r.IsChecked("sort-" + string(sort)) {
			s.Files.Types = append(s.Files.Types, string(sort))
		}
	}
	if len(s.Files.Types) == 0 && !s.Files.Disabled {
		r.Add("files", "Select at least one file type, or clear “Visitors can send files”.")
	}
}

// readEnd reads how a conversation ends: rating, time-outs, transcript.
func readEnd(r *page.FormReader, s *settings.Widget, _ *widgetAttempt) {
	rating := r.Choice("rating", "stars", "thumbs", "off")
	s.Closing.Rating = settings.Rating{Disabled: rating == "off", Thumbs: rating == "thumbs",
		Reasons: nonEmptyLines(r.FormValue("reasons"))}
	s.Closing.WarnAfterMinutes = number(r, "warn_after", "minutes", settings.IdleMinutes)
	s.Closing.EndAfterMinutes = number(r, "end_after", "minutes", settings.IdleMinutes)
	s.Closing.MailDisabled = !r.IsChecked("mail")
}

// readMail reads how mails look.
func readMail(r *page.FormReader, s *settings.Widget, _ *widgetAttempt) {
	s.Mail = readMailSettings(r)
}

// readGuard reads whether visitors' browsers have to prove work.
func readGuard(r *page.FormReader, s *settings.Widget, _ *widgetAttempt) {
	s.Security.ProofOfWork = r.IsChecked("proof")
}

// readTexts reads the widget's texts in other words, a line for each.
func readTexts(r *page.FormReader, s *settings.Widget, _ *widgetAttempt) {
	s.Texts = map[string]map[string]string{}
	for key, text := range r.KeyValues("texts", "=:", "de.write = Was möchten Sie wissen?") {
		language, name, _ := strings.Cut(key, ".")
		if name == "" {
			language, name = "", language // it is said what is wrong with it
		}
		if s.Texts[language] == nil {
			s.Texts[language] = map[string]string{}
		}
		s.Texts[language][strings.TrimSpace(name)] = text
	}
}

// trimGreeting returns a greeting without the blanks around its texts.
func trimGreeting(g settings.Greeting) settings.Greeting {
	for _, text := range []*string{&g.From, &g.To, &g.Page, &g.Language, &g.Text, &g.Status} {
		*text = strings.TrimSpace(*text)
	}
	return g
}

// nonEmptyLines returns a text's lines that are not empty.
func nonEmptyLines(text string) (list []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}
