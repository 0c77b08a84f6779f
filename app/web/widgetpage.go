package web

import (
	"cmp"
	"encoding/json"
	"net/http"
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

// widgetParts is what each form of the page changes.
var widgetParts = map[string]func(*visit, *org.Settings){
	"look": func(v *visit, s *org.Settings) {
		s.Look = org.Look{Left: v.on("left"), X: v.count("x"), Y: v.count("y"), Hidden: v.on("hidden"), Own: v.FormValue("own")}
		if v.on("colored") {
			s.Look.Color = v.FormValue("color")
		}
		s.Language, s.Zone = v.FormValue("language"), v.FormValue("zone")
	},
	"greetings": func(v *visit, s *org.Settings) {
		s.Greetings = nil
		type placed struct {
			org.Greeting
			place int
		}
		var list []placed
		for i := range 60 {
			n := strconv.Itoa(i) + "-"
			g := org.Greeting{From: v.FormValue(n + "from"), To: v.FormValue(n + "to"), Page: v.FormValue(n + "page"), Language: v.FormValue(n + "language"),
				Holiday: v.on(n + "holiday"), Text: v.FormValue(n + "text"), Status: v.FormValue(n + "status")}
			for _, p := range org.Presences {
				if v.on(n + string(p)) {
					g.States = append(g.States, p)
				}
			}
			for day := range 7 {
				if v.on(n + "day" + strconv.Itoa(day)) {
					g.Days = append(g.Days, day)
				}
			}
			if g.Text+g.Status != "" && !v.on(n+"remove") {
				place := v.count(n + "place")
				list = append(list, placed{g, 2*place + cmp.Compare(place, i+1)}) // beside the one that is there
			}
		}
		slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
		for _, g := range list {
			s.Greetings = append(s.Greetings, g.Greeting)
		}
		s.Holidays = lines(v.FormValue("holidays"))
	},
	"invite": func(v *visit, s *org.Settings) {
		s.Invite = org.Invite{Text: v.FormValue("invite"), After: v.count("after"), Scroll: v.count("scroll"), Exit: v.on("exit"), Page: v.FormValue("invite_page"),
			Every: v.count("every"), Online: v.on("online")}
	},
	"questions": func(v *visit, s *org.Settings) {
		s.Questions = nil
		for i := range 13 {
			n := strconv.Itoa(i) + "-"
			q := org.Question{Kind: v.FormValue(n + "kind"), Label: v.FormValue(n + "label"), Required: v.on(n + "required"), Link: v.FormValue(n + "link"), Choices: lines(v.FormValue(n + "choices")),
				Labels: pairs(v.FormValue(n + "labels"))}
			if strings.TrimSpace(q.Label) != "" && !v.on(n+"remove") {
				s.Questions = append(s.Questions, q)
			}
		}
		s.Privacy = v.FormValue("privacy")
	},
	"files": func(v *visit, s *org.Settings) {
		s.Files = org.Files{Off: !v.on("files"), MB: v.count("files_mb"), Shots: v.on("shots")}
		for _, sort := range admin.FileSorts {
			if v.on("sort-" + string(sort)) {
				s.Files.Sorts = append(s.Files.Sorts, string(sort))
			}
		}
		if len(s.Files.Sorts) == 0 {
			s.Files.Off = true
		}
	},
	"end": func(v *visit, s *org.Settings) {
		s.Rating = org.Rating{Off: v.FormValue("rating") == "off", Thumbs: v.FormValue("rating") == "thumbs", Reasons: lines(v.FormValue("reasons"))}
		s.WarnAfter, s.EndAfter, s.NoMail = v.count("warn_after"), v.count("end_after"), !v.on("mail")
	},
	"mail":  func(v *visit, s *org.Settings) { s.Mail = mailForm(v) },
	"guard": func(v *visit, s *org.Settings) { s.Proof = v.on("proof") },
	"texts": func(v *visit, s *org.Settings) {
		s.Texts = map[string]map[string]string{}
		for key, text := range pairs(v.FormValue("texts")) {
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

// lines is a text's lines that are not empty.
func lines(text string) (list []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}

// pairs reads lines of a name and a text.
func pairs(text string) map[string]string {
	out := map[string]string{}
	for _, l := range lines(text) {
		name, value := l, ""
		if at := strings.IndexAny(l, ":="); at >= 0 {
			name, value = l[:at], l[at+1:]
		}
		out[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return out
}

// count reads a number from a form; empty is 0, and what is none is larger than any that is allowed.
func (v *visit) count(field string) int {
	text := strings.TrimSpace(v.FormValue(field))
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 1 << 30
	}
	return n
}

func (v *visit) on(field string) bool { return v.FormValue(field) == "on" }

func (s *Server) setWidget(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	part, known := widgetParts[v.Param("part")]
	if !known {
		return fail.Missing("page")
	}
	var tried org.Settings
	err = s.org.ChangeSettings(v.Request().Context(), v.Actor, id, func(x *org.Settings) error {
		part(v, x)
		tried = *x
		return knownTexts(x.Texts)
	})
	if err != nil {
		f, status, err := form(v, err)
		if err != nil {
			return err
		}
		return s.widgetWith(v, admin.WidgetPage{Form: f, Part: v.Param("part")}, &tried, status)
	}
	return v.back("/admin/websites/" + id.String() + "/widget?saved=" + v.Param("part") + "#" + v.Param("part"))
}

var filled = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_ .-]*\}`)

// knownTexts refuses names that no text of the widget has, and placeholders that a text cannot have: visitors would read them.
func knownTexts(texts map[string]map[string]string) error {
	var wrong fail.Checks
	for _, of := range texts {
		for name, text := range of {
			if name != "" && !widget.HasText(name) {
				wrong.Add("texts", "The widget has no text “%s”. The names are listed below.", name)
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
	b := chat.Block{Network: strings.TrimSpace(v.FormValue("network")), Reason: v.FormValue("reason")}
	days := v.count("days")
	err := error(nil)
	if days < 0 || days > 3650 {
		err = fail.Field("days", "Please give a number of days from 1 to 3650, or leave it empty.")
	} else if days > 0 {
		b.Until = time.Now().AddDate(0, 0, days)
	}
	if err == nil {
		err = s.chat.AddBlock(v.Request().Context(), v.Actor, b)
	}
	if err != nil {
		f, status, err := form(v, err, "network", "reason", "days")
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
