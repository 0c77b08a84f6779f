package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/app/domain/conversation"
	"parley/app/domain/org"
	"parley/app/domain/visitor"
	"parley/app/platform/fail"
	"parley/templates/desk"
	"parley/templates/manage"
	"parley/templates/ui"
	"parley/widget"
)

// widgetPage shows how a website's widget looks and behaves.
func (s *Server) widgetPage(req *request) error {
	p := manage.WidgetPage{}
	if part := req.QueryParam("saved"); part != "" { // said where it was
		p.Section, p.Form.Saved = part, "Saved. Pages that are loaded from now on show it, within a minute."
	}
	return s.renderWidgetPage(req, p, nil, http.StatusOK)
}

// renderWidgetPage draws the page; tried is what was refused, shown as it was typed.
func (s *Server) renderWidgetPage(req *request, p manage.WidgetPage, refused *org.Settings, status int) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if p.Website, err = s.org.GetWebsite(ctx, req.Actor, id); err != nil {
		return err
	}
	if refused != nil {
		p.Website.Settings = *refused
	}
	if own := p.Website.Settings.Appearance.LauncherSelector; own != "" && p.Section == "look" && p.Form.Saved != "" {
		p.Form.Saved += " There is no launcher then: elements that fit “" + own + "” open the chat instead."
	}
	site, err := s.widgetSettings(ctx, &org.WidgetWebsite{Org: req.Actor.Org(), ID: id, Name: p.Website.Name, Greeting: p.Website.Greeting, Settings: p.Website.Settings}, "")
	if err != nil {
		return err
	}
	site.Greetings = p.Website.Settings.Greetings // of every language
	b, err := json.Marshal(site)
	if err != nil {
		return err
	}
	if p.Storage, err = s.files.GetStorageUse(ctx, req.Actor, id); err != nil {
		return err
	}
	p.NoMail, p.MailFrom = s.mails.IsOff(), s.mails.From()
	for _, t := range widget.Texts {
		p.Texts = append(p.Texts, ui.Option{Value: t.Name, Label: t.English})
	}
	for _, why := range widget.Refusals {
		p.Texts = append(p.Texts, ui.Option{Value: "no_" + why, Label: "why the server refuses something"})
	}
	p.Viewer, p.Preview = req.viewer(), string(b)
	req.Response().Header().Set("Content-Security-Policy", contentPolicy+"; frame-src 'self'") // the preview of a mail
	return s.render(req, status, manage.Widget(p))
}

// widgetAttempt is what a form of the widget's page asked for and was refused: its rows as they were typed.
type widgetAttempt struct {
	settings  *org.Settings // nil: nothing was read
	greetings []org.Greeting
	questions []org.PreChatQuestion
}

// widgetSections is what each form of the page changes. What of it cannot be read, or stored as it was typed, is noted beside its field;
// a row is left out only if nothing was typed into it, or its removal is checked.
var widgetSections = map[string]func(*formReader, *org.Settings, *widgetAttempt){
	"look": func(r *formReader, s *org.Settings, _ *widgetAttempt) {
		s.Appearance = org.Appearance{Left: r.isChecked("left"), OffsetX: r.number("x", "pixels", -50, 1000, 0), OffsetY: r.number("y", "pixels", -50, 1000, 0), Hidden: r.isChecked("hidden"), LauncherSelector: r.FormValue("own")}
		if r.isChecked("colored") {
			if s.Appearance.Color = r.FormValue("color"); s.Appearance.Color == "" {
				r.Add("color", "Please choose a color such as #0b6bcb.")
			}
		}
		s.Language, s.Zone = r.FormValue("language"), strings.TrimSpace(r.FormValue("zone"))
	},
	"greetings": func(r *formReader, s *org.Settings, t *widgetAttempt) {
		type placed struct {
			org.Greeting
			row, place int
		}
		var list []placed
		for i := range r.rowCount() {
			n := strconv.Itoa(i) + "-"
			g := org.Greeting{From: r.FormValue(n + "from"), To: r.FormValue(n + "to"), Page: r.FormValue(n + "page"), Language: r.FormValue(n + "language"),
				OnlyHolidays: r.isChecked(n + "holiday"), Text: r.FormValue(n + "text"), Status: r.FormValue(n + "status")}
			for _, p := range org.Presences {
				if r.isChecked(n + string(p)) {
					g.States = append(g.States, p)
				}
			}
			for day := range 7 {
				if r.isChecked(n + "day" + strconv.Itoa(day)) {
					g.Days = append(g.Days, day)
				}
			}
			t.greetings = append(t.greetings, g)
			if r.isChecked(n+"remove") || r.FormValue(n+"there") == "" && reflect.DeepEqual(trimGreeting(g), org.Greeting{}) {
				continue
			}
			place := r.number(n+"place", "its place", 1, maxRows, i+1)
			list = append(list, placed{g, i, 2*place + cmp.Compare(place, i+1)}) // beside the one that is there
		}
		slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
		s.Greetings = nil
		for _, g := range list {
			s.Greetings = append(s.Greetings, g.Greeting)
			r.rows["greeting"] = append(r.rows["greeting"], g.row)
		}
		s.Holidays = nonEmptyLines(r.FormValue("holidays"))
	},
	"invite": func(r *formReader, s *org.Settings, _ *widgetAttempt) {
		s.Invite = org.ProactiveInvite{Text: r.FormValue("invite"), AfterSeconds: r.number("after", "seconds", 0, 3600, 0), ScrollPercent: r.number("scroll", "percent", 0, 100, 0), OnExit: r.isChecked("exit"),
			Page: r.FormValue("invite_page"), RepeatHours: r.number("every", "hours", 0, 8760, 0), OnlyOnline: r.isChecked("online")}
	},
	"questions": func(r *formReader, s *org.Settings, t *widgetAttempt) {
		s.Questions = nil
		for i := range r.rowCount() {
			n := strconv.Itoa(i) + "-"
			q := org.PreChatQuestion{Kind: r.FormValue(n + "kind"), Label: r.FormValue(n + "label"), Required: r.isChecked(n + "required"), Link: strings.TrimSpace(r.FormValue(n + "link")),
				Choices: nonEmptyLines(r.FormValue(n + "choices")), Labels: r.keyValues(n+"labels", ":", "de: Wie heißen Sie?")}
			t.questions = append(t.questions, q)
			empty := strings.TrimSpace(q.Label+q.Link+r.FormValue(n+"choices")+r.FormValue(n+"labels")) == "" && !q.Required && (q.Kind == "" || q.Kind == org.PreChatQuestionKinds[0])
			if r.isChecked(n+"remove") || r.FormValue(n+"there") == "" && empty {
				continue
			}
			s.Questions = append(s.Questions, q)
			r.rows["question"] = append(r.rows["question"], i)
		}
		s.Privacy = r.FormValue("privacy")
	},
	"files": func(r *formReader, s *org.Settings, _ *widgetAttempt) {
		s.Files = org.FileSettings{Disabled: !r.isChecked("files"), MaxMB: r.number("files_mb", "MB", 1, 50, 0), Screenshots: r.isChecked("shots")}
		for _, sort := range manage.FileTypes {
			if r.isChecked("sort-" + string(sort)) {
				s.Files.Types = append(s.Files.Types, string(sort))
			}
		}
		if len(s.Files.Types) == 0 && !s.Files.Disabled {
			r.Add("files", "Select one kind of files at least, or clear “Visitors can send files”.")
		}
	},
	"end": func(r *formReader, s *org.Settings, _ *widgetAttempt) {
		rating := r.choice("rating", "stars", "thumbs", "off")
		s.Rating = org.RatingSettings{Disabled: rating == "off", Thumbs: rating == "thumbs", Reasons: nonEmptyLines(r.FormValue("reasons"))}
		s.WarnAfterMinutes, s.EndAfterMinutes, s.MailDisabled = r.number("warn_after", "minutes", 0, 10080, 0), r.number("end_after", "minutes", 0, 10080, 0), !r.isChecked("mail")
	},
	"mail":  func(r *formReader, s *org.Settings, _ *widgetAttempt) { s.Mail = readMailSettings(r) },
	"guard": func(r *formReader, s *org.Settings, _ *widgetAttempt) { s.ProofOfWork = r.isChecked("proof") },
	"texts": func(r *formReader, s *org.Settings, _ *widgetAttempt) {
		s.Texts = map[string]map[string]string{}
		for key, text := range r.keyValues("texts", "=:", "de.write = Was möchten Sie wissen?") {
			language, name, _ := strings.Cut(key, ".")
			if name == "" {
				language, name = "", language // it is said what is wrong with it
			}
			if s.Texts[language] == nil {
				s.Texts[language] = map[string]string{}
			}
			s.Texts[language][strings.TrimSpace(name)] = text
		}
	},
}

// trimGreeting is a greeting without the blanks around its texts.
func trimGreeting(g org.Greeting) org.Greeting {
	for _, text := range []*string{&g.From, &g.To, &g.Page, &g.Language, &g.Text, &g.Status} {
		*text = strings.TrimSpace(*text)
	}
	return g
}

// nonEmptyLines is a text's lines that are not empty.
func nonEmptyLines(text string) (list []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}

func (s *Server) setWidgetSection(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	part, known := widgetSections[req.Param("part")]
	if !known {
		return fail.Missing("page")
	}
	var t widgetAttempt
	r := req.formReader()
	err = s.org.UpdateSettings(req.Request().Context(), req.Actor, id, func(x *org.Settings) error {
		part(r, x, &t)
		asked := *x
		t.settings = &asked
		if err := r.Merge(checkTexts(x.Texts)); err != nil {
			return err
		}
		return r.Result()
	})
	if err != nil {
		f, status, err := req.refusedForm(r.moveErrorsToRows(err))
		if err != nil {
			return err
		}
		if t.settings != nil && t.greetings != nil {
			t.settings.Greetings = t.greetings
		}
		if t.settings != nil && t.questions != nil {
			t.settings.Questions = t.questions
		}
		return s.renderWidgetPage(req, manage.WidgetPage{Form: f, Section: req.Param("part")}, t.settings, status)
	}
	return req.redirectTo("/admin/websites/" + id.String() + "/widget?saved=" + req.Param("part") + "#" + req.Param("part"))
}

var (
	placeholderPattern  = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_ .-]*\}`)
	unclosedPlaceholder = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_.-]*(?:[ ,:!?]|$)[^{}]*$`)
)

// checkTexts refuses names that no text of the widget has, and placeholders that a text cannot have: visitors would read them.
func checkTexts(texts map[string]map[string]string) error {
	var wrong fail.Checks
	for _, of := range texts {
		for name, text := range of {
			if name != "" && !widget.HasText(name) {
				wrong.Add("texts", "The widget has no text “%s”. The names are listed below.", name)
			}
			if open := unclosedPlaceholder.FindString(text); open != "" && widget.HasText(name) {
				wrong.Add("texts", "The placeholder “%s” in the text “%s” is not closed. Write } behind its name.", open, name)
			}
			for _, p := range placeholderPattern.FindAllString(text, -1) {
				if can := widget.Fills(name); !slices.Contains(can, p) {
					wrong.Add("texts", "The text “%s” has no placeholder %s. %s", name, p, map[bool]string{true: "It has none.", false: "It can have " + strings.Join(can, " and ") + "."}[len(can) == 0])
				}
			}
		}
	}
	return wrong.Result()
}

func (s *Server) renewIdentityKey(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	if err := s.org.RotateIdentityKey(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.redirectTo("/admin/websites/" + id.String() + "/widget?saved=identity#identity")
}

// ratings sums up what visitors said of their conversations.
func (s *Server) ratings(req *request) error {
	p := manage.RatingsPage{By: req.QueryParam("by"), Viewer: req.viewer()}
	if !slices.Contains(conversation.RatingDimensions, p.By) {
		p.By = conversation.RatingDimensions[0]
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	day := func(name string, otherwise time.Time) time.Time {
		if t, err := time.Parse(time.DateOnly, req.QueryParam(name)); err == nil && t.Year() > 2000 && t.Year() < 9000 {
			return t
		}
		return otherwise
	}
	p.From, p.To = day("from", today.AddDate(0, 0, -29)), day("to", today)
	var err error
	if p.List, p.Comments, err = s.conversations.RatingReport(req.Request().Context(), req.Actor, p.By, p.From, p.To.AddDate(0, 0, 1)); err != nil {
		return err
	}
	return s.render(req, http.StatusOK, manage.Ratings(p))
}

func (s *Server) blocks(req *request) error { return s.renderBlocks(req, ui.Form{}, http.StatusOK) }

func (s *Server) renderBlocks(req *request, f ui.Form, status int) error {
	list, err := s.visitors.ListBlocks(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	return s.render(req, status, manage.Blocks(manage.BlocksPage{Viewer: req.viewer(), List: list, Form: f}))
}

func (s *Server) addBlock(req *request) error {
	r := req.formReader()
	b := visitor.Block{Network: strings.TrimSpace(req.FormValue("network")), Reason: req.FormValue("reason")}
	if days := r.number("days", "days", 1, 3650, 0); days > 0 {
		b.ExpiresAt = time.Now().AddDate(0, 0, days)
	}
	err := r.Result()
	if err == nil {
		err = s.visitors.AddBlock(req.Request().Context(), req.Actor, b)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderBlocks(req, f, status)
	}
	return req.redirectTo("/admin/blocked")
}

func (s *Server) removeBlock(req *request) error {
	id, err := req.paramID("id", "block")
	if err != nil {
		return err
	}
	if err := s.visitors.RemoveBlock(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.redirectTo("/admin/blocked")
}

// blockVisitor keeps the visitor of a conversation out.
func (s *Server) blockVisitor(req *request) error {
	c, err := s.loadConversation(req)
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if err := s.visitors.AddBlock(ctx, req.Actor, visitor.Block{Visitor: c.Visitor, Reason: req.FormValue("reason")}); err != nil {
		return err
	}
	return s.render(req, http.StatusOK, desk.BlockedNotice())
}
