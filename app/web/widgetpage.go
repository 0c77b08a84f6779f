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

	"parley/app/chat"
	"parley/app/fail"
	"parley/app/org"
	"parley/templates/admin"
	"parley/templates/desk"
	"parley/templates/ui"
	"parley/widget"
)

// widgetPage shows how a website's widget looks and behaves.
func (s *Server) widgetPage(v *visit) error {
	p := admin.WidgetPage{}
	if part := v.QueryParam("saved"); part != "" { // said where it was
		p.Part, p.Form.Saved = part, "Saved. Pages that are loaded from now on show it, within a minute."
	}
	return s.widgetWith(v, p, nil, http.StatusOK)
}

// widgetWith draws the page; tried is what was refused, shown as it was typed.
func (s *Server) widgetWith(v *visit, p admin.WidgetPage, tried *org.Settings, status int) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	if p.Website, err = s.org.Website(ctx, v.Actor, id); err != nil {
		return err
	}
	if tried != nil {
		p.Website.Settings = *tried
	}
	if own := p.Website.Settings.Look.Own; own != "" && p.Part == "look" && p.Form.Saved != "" {
		p.Form.Saved += " There is no launcher then: elements that fit “" + own + "” open the chat instead."
	}
	site, err := s.settingsFor(ctx, &org.Site{Org: v.Actor.Org(), ID: id, Name: p.Website.Name, Greeting: p.Website.Greeting, Settings: p.Website.Settings}, "")
	if err != nil {
		return err
	}
	site.Greetings = p.Website.Settings.Greetings // of every language
	b, err := json.Marshal(site)
	if err != nil {
		return err
	}
	if p.Storage, err = s.files.Used(ctx, v.Actor, id); err != nil {
		return err
	}
	p.NoMail, p.MailFrom = s.mail.Off(), s.mail.From()
	for _, t := range widget.Texts {
		p.Texts = append(p.Texts, ui.Option{Value: t.Name, Label: t.English})
	}
	for _, why := range widget.Refusals {
		p.Texts = append(p.Texts, ui.Option{Value: "no_" + why, Label: "why the server refuses something"})
	}
	p.Viewer, p.Preview = v.viewer(), string(b)
	v.Response().Header().Set("Content-Security-Policy", contentPolicy+"; frame-src 'self'") // the preview of a mail
	return s.draw(v, status, admin.Widget(p))
}

// tried is what a form of the widget's page asked for and was refused: its rows as they were typed.
type tried struct {
	settings  *org.Settings // nil: nothing was read
	greetings []org.Greeting
	questions []org.Question
}

// widgetParts is what each form of the page changes. What of it cannot be read, or stored as it was typed, is noted beside its field;
// a row is left out only if nothing was typed into it, or its removal is checked.
var widgetParts = map[string]func(*reading, *org.Settings, *tried){
	"look": func(r *reading, s *org.Settings, _ *tried) {
		s.Look = org.Look{Left: r.on("left"), X: r.number("x", "pixels", -50, 1000, 0), Y: r.number("y", "pixels", -50, 1000, 0), Hidden: r.on("hidden"), Own: r.FormValue("own")}
		if r.on("colored") {
			if s.Look.Color = r.FormValue("color"); s.Look.Color == "" {
				r.Add("color", "Please choose a color such as #0b6bcb.")
			}
		}
		s.Language, s.Zone = r.FormValue("language"), strings.TrimSpace(r.FormValue("zone"))
	},
	"greetings": func(r *reading, s *org.Settings, t *tried) {
		type placed struct {
			org.Greeting
			row, place int
		}
		var list []placed
		for i := range r.numbered() {
			n := strconv.Itoa(i) + "-"
			g := org.Greeting{From: r.FormValue(n + "from"), To: r.FormValue(n + "to"), Page: r.FormValue(n + "page"), Language: r.FormValue(n + "language"),
				Holiday: r.on(n + "holiday"), Text: r.FormValue(n + "text"), Status: r.FormValue(n + "status")}
			for _, p := range org.Presences {
				if r.on(n + string(p)) {
					g.States = append(g.States, p)
				}
			}
			for day := range 7 {
				if r.on(n + "day" + strconv.Itoa(day)) {
					g.Days = append(g.Days, day)
				}
			}
			t.greetings = append(t.greetings, g)
			if r.on(n+"remove") || r.FormValue(n+"there") == "" && reflect.DeepEqual(blankless(g), org.Greeting{}) {
				continue
			}
			place := r.number(n+"place", "its place", 1, rowsMost, i+1)
			list = append(list, placed{g, i, 2*place + cmp.Compare(place, i+1)}) // beside the one that is there
		}
		slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
		s.Greetings = nil
		for _, g := range list {
			s.Greetings = append(s.Greetings, g.Greeting)
			r.rows["greeting"] = append(r.rows["greeting"], g.row)
		}
		s.Holidays = lines(r.FormValue("holidays"))
	},
	"invite": func(r *reading, s *org.Settings, _ *tried) {
		s.Invite = org.Invite{Text: r.FormValue("invite"), After: r.number("after", "seconds", 0, 3600, 0), Scroll: r.number("scroll", "percent", 0, 100, 0), Exit: r.on("exit"),
			Page: r.FormValue("invite_page"), Every: r.number("every", "hours", 0, 8760, 0), Online: r.on("online")}
	},
	"questions": func(r *reading, s *org.Settings, t *tried) {
		s.Questions = nil
		for i := range r.numbered() {
			n := strconv.Itoa(i) + "-"
			q := org.Question{Kind: r.FormValue(n + "kind"), Label: r.FormValue(n + "label"), Required: r.on(n + "required"), Link: strings.TrimSpace(r.FormValue(n + "link")),
				Choices: lines(r.FormValue(n + "choices")), Labels: r.pairs(n+"labels", ":", "de: Wie heißen Sie?")}
			t.questions = append(t.questions, q)
			empty := strings.TrimSpace(q.Label+q.Link+r.FormValue(n+"choices")+r.FormValue(n+"labels")) == "" && !q.Required && (q.Kind == "" || q.Kind == org.QuestionKinds[0])
			if r.on(n+"remove") || r.FormValue(n+"there") == "" && empty {
				continue
			}
			s.Questions = append(s.Questions, q)
			r.rows["question"] = append(r.rows["question"], i)
		}
		s.Privacy = r.FormValue("privacy")
	},
	"files": func(r *reading, s *org.Settings, _ *tried) {
		s.Files = org.Files{Off: !r.on("files"), MB: r.number("files_mb", "MB", 1, 50, 0), Shots: r.on("shots")}
		for _, sort := range admin.FileSorts {
			if r.on("sort-" + string(sort)) {
				s.Files.Sorts = append(s.Files.Sorts, string(sort))
			}
		}
		if len(s.Files.Sorts) == 0 && !s.Files.Off {
			r.Add("files", "Select one kind of files at least, or clear “Visitors can send files”.")
		}
	},
	"end": func(r *reading, s *org.Settings, _ *tried) {
		rating := r.choice("rating", "stars", "thumbs", "off")
		s.Rating = org.Rating{Off: rating == "off", Thumbs: rating == "thumbs", Reasons: lines(r.FormValue("reasons"))}
		s.WarnAfter, s.EndAfter, s.NoMail = r.number("warn_after", "minutes", 0, 10080, 0), r.number("end_after", "minutes", 0, 10080, 0), !r.on("mail")
	},
	"mail":  func(r *reading, s *org.Settings, _ *tried) { s.Mail = mailForm(r) },
	"guard": func(r *reading, s *org.Settings, _ *tried) { s.Proof = r.on("proof") },
	"texts": func(r *reading, s *org.Settings, _ *tried) {
		s.Texts = map[string]map[string]string{}
		for key, text := range r.pairs("texts", "=:", "de.write = Was möchten Sie wissen?") {
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

// blankless is a greeting without the blanks around its texts.
func blankless(g org.Greeting) org.Greeting {
	for _, text := range []*string{&g.From, &g.To, &g.Page, &g.Language, &g.Text, &g.Status} {
		*text = strings.TrimSpace(*text)
	}
	return g
}

// lines is a text's lines that are not empty.
func lines(text string) (list []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}

func (s *Server) setWidget(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	part, known := widgetParts[v.Param("part")]
	if !known {
		return fail.Missing("page")
	}
	var t tried
	r := v.reading()
	err = s.org.ChangeSettings(v.Request().Context(), v.Actor, id, func(x *org.Settings) error {
		part(r, x, &t)
		asked := *x
		t.settings = &asked
		if err := r.Take(knownTexts(x.Texts)); err != nil {
			return err
		}
		return r.Result()
	})
	if err != nil {
		f, status, err := v.typed(r.placed(err))
		if err != nil {
			return err
		}
		if t.settings != nil && t.greetings != nil {
			t.settings.Greetings = t.greetings
		}
		if t.settings != nil && t.questions != nil {
			t.settings.Questions = t.questions
		}
		return s.widgetWith(v, admin.WidgetPage{Form: f, Part: v.Param("part")}, t.settings, status)
	}
	return v.back("/admin/websites/" + id.String() + "/widget?saved=" + v.Param("part") + "#" + v.Param("part"))
}

var (
	filled   = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_ .-]*\}`)
	unclosed = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_.-]*(?:[ ,:!?]|$)[^{}]*$`)
)

// knownTexts refuses names that no text of the widget has, and placeholders that a text cannot have: visitors would read them.
func knownTexts(texts map[string]map[string]string) error {
	var wrong fail.Checks
	for _, of := range texts {
		for name, text := range of {
			if name != "" && !widget.HasText(name) {
				wrong.Add("texts", "The widget has no text “%s”. The names are listed below.", name)
			}
			if open := unclosed.FindString(text); open != "" && widget.HasText(name) {
				wrong.Add("texts", "The placeholder “%s” in the text “%s” is not closed. Write } behind its name.", open, name)
			}
			for _, p := range filled.FindAllString(text, -1) {
				if can := widget.Fills(name); !slices.Contains(can, p) {
					wrong.Add("texts", "The text “%s” has no placeholder %s. %s", name, p, map[bool]string{true: "It has none.", false: "It can have " + strings.Join(can, " and ") + "."}[len(can) == 0])
				}
			}
		}
	}
	return wrong.Result()
}

func (s *Server) renewIdentityKey(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	if err := s.org.RenewIdentityKey(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	return v.back("/admin/websites/" + id.String() + "/widget?saved=identity#identity")
}

// ratings sums up what visitors said of their conversations.
func (s *Server) ratings(v *visit) error {
	p := admin.RatingsPage{By: v.QueryParam("by"), Viewer: v.viewer()}
	if !slices.Contains(chat.RatingsBy, p.By) {
		p.By = chat.RatingsBy[0]
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	day := func(name string, otherwise time.Time) time.Time {
		if t, err := time.Parse(time.DateOnly, v.QueryParam(name)); err == nil && t.Year() > 2000 && t.Year() < 9000 {
			return t
		}
		return otherwise
	}
	p.From, p.To = day("from", today.AddDate(0, 0, -29)), day("to", today)
	var err error
	if p.List, p.Said, err = s.chat.Ratings(v.Request().Context(), v.Actor, p.By, p.From, p.To.AddDate(0, 0, 1)); err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, admin.Ratings(p))
}

func (s *Server) blocks(v *visit) error { return s.blocksWith(v, ui.Form{}, http.StatusOK) }

func (s *Server) blocksWith(v *visit, f ui.Form, status int) error {
	list, err := s.chat.Blocks(v.Request().Context(), v.Actor)
	if err != nil {
		return err
	}
	return s.draw(v, status, admin.Blocks(admin.BlocksPage{Viewer: v.viewer(), List: list, Form: f}))
}

func (s *Server) addBlock(v *visit) error {
	r := v.reading()
	b := chat.Block{Network: strings.TrimSpace(v.FormValue("network")), Reason: v.FormValue("reason")}
	if days := r.number("days", "days", 1, 3650, 0); days > 0 {
		b.Until = time.Now().AddDate(0, 0, days)
	}
	err := r.Result()
	if err == nil {
		err = s.chat.AddBlock(v.Request().Context(), v.Actor, b)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.blocksWith(v, f, status)
	}
	return v.back("/admin/blocked")
}

func (s *Server) dropBlock(v *visit) error {
	id, err := v.id("id", "block")
	if err != nil {
		return err
	}
	if err := s.chat.DropBlock(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	return v.back("/admin/blocked")
}

// blockVisitor keeps the visitor of a conversation out.
func (s *Server) blockVisitor(v *visit) error {
	c, err := s.talk(v)
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	if err := s.chat.AddBlock(ctx, v.Actor, chat.Block{Visitor: c.Visitor, Reason: v.FormValue("reason")}); err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, desk.Blocked())
}
