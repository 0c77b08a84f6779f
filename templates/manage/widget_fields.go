package manage

import (
	"strings"

	"parley/app/domain/settings"
)

// WidgetField is a field of a form of settings, with the settings that it is for.
type WidgetField struct {
	Part   string // the form
	Name   string
	Label  string
	Fields []settings.Field
}

// WidgetFields are the fields of all forms of settings, in their order on the page.
var WidgetFields = []WidgetField{
	{"look", "left", "Position", []settings.Field{"appearance.left"}},
	{"look", "x", "Horizontal offset", []settings.Field{"appearance.x"}},
	{"look", "y", "Vertical offset", []settings.Field{"appearance.y"}},
	{"look", "color", "Color", []settings.Field{"appearance.color"}},
	{"look", "hidden", "Hidden launcher", []settings.Field{"appearance.hidden"}},
	{"look", "own", "Launcher elements", []settings.Field{"appearance.own"}},
	{"look", "language", "Language", []settings.Field{"general.language"}},
	{"look", "zone", "Time zone", []settings.Field{"general.zone"}},
	{"look", "typing_preview", "Typing preview", []settings.Field{"general.typing_preview"}},
	{"greetings", "greeting", "Greeting", []settings.Field{"greetings.greeting"}},
	{"greetings", "greetings", "Conditional greetings", []settings.Field{"greetings.greetings"}},
	{"greetings", "holidays", "Holidays", []settings.Field{"greetings.holidays"}},
	{"invite", "invite", "Invitation", []settings.Field{"invitation.text"}},
	{"invite", "after", "Delay", []settings.Field{"invitation.after"}},
	{"invite", "scroll", "Scroll depth", []settings.Field{"invitation.scroll"}},
	{"invite", "every", "Repeat interval", []settings.Field{"invitation.every"}},
	{"invite", "invite_page", "Pages", []settings.Field{"invitation.page"}},
	{"invite", "exit", "Exit intent", []settings.Field{"invitation.exit"}},
	{"invite", "online", "Only while an agent has free capacity", []settings.Field{"invitation.online"}},
	{"questions", "questions", "Questions", []settings.Field{"prechat.questions"}},
	{"questions", "privacy", "Privacy text", []settings.Field{"prechat.privacy"}},
	{"files", "files", "Files from visitors", []settings.Field{"files.off"}},
	{"files", "sorts", "File types", []settings.Field{"files.sorts"}},
	{"files", "files_mb", "File size limit", []settings.Field{"files.mb"}},
	{"files", "shots", "Screenshots", []settings.Field{"files.shots"}},
	{"end", "rating", "Rating", []settings.Field{"closing.off", "closing.thumbs"}},
	{"end", "reasons", "Reasons", []settings.Field{"closing.reasons"}},
	{"end", "warn_after", "Inactivity reminder", []settings.Field{"closing.warn_after"}},
	{"end", "end_after", "Close after inactivity", []settings.Field{"closing.end_after"}},
	{"end", "mail", "Email to visitors", []settings.Field{"closing.no_mail"}},
	{"mail", "sender", "Sender name", []settings.Field{"mail.sender"}},
	{"mail", "reply_to", "Reply-to address", []settings.Field{"mail.reply_to"}},
	{"mail", "answer_subject", "Subject of replies", []settings.Field{"mail.answer"}},
	{"mail", "transcript_subject", "Subject of transcripts", []settings.Field{"mail.transcript"}},
	{"texts", "texts", "Texts", []settings.Field{settings.TextsField}},
	{"guard", "proof", "Proof of work", []settings.Field{"security.proof"}},
}

// WebsiteFields are those of which a website's stand on its first page.
func WebsiteFields() []WidgetField {
	return []WidgetField{widgetField("greeting"), widgetField("typing_preview")}
}

// isOnFirstPage reports whether a website's stands on its first page.
func (f WidgetField) isOnFirstPage() bool { return f.Name == "greeting" || f.Name == "typing_preview" }

// InheritName is the name of the box that makes the field inherited again.
func (f WidgetField) InheritName() string { return "inherit-" + f.Name }

// widgetField returns the field of a name.
func widgetField(name string) WidgetField {
	for _, f := range WidgetFields {
		if f.Name == name {
			return f
		}
	}
	panic("there is no field " + name)
}

// Origins words where the settings of a page come from.
type Origins struct {
	State    settings.State
	Customer string // the customer's name
}

// text says where a value of a level comes from.
func (o Origins) text(l settings.Level) string {
	switch l {
	case settings.OrganizationLevel:
		return "Inherited from the organization"
	case settings.CustomerLevel:
		return "Inherited from customer " + o.Customer
	}
	return "Default"
}

// help is the hint of a field, with where its value comes from; nothing of that if it is set here.
func (o Origins) help(name, hint string) string {
	from := settings.DefaultLevel
	for _, f := range widgetField(name).Fields {
		from = max(from, o.State.Origins[f])
	}
	if from == o.State.Place.Level() {
		return hint
	}
	if hint != "" {
		hint = strings.TrimSuffix(hint, ".") + " · "
	}
	return hint + o.text(from)
}

// ownFields are the fields of a form that the place sets itself; firstPage is the part of a website's first page.
func (o Origins) ownFields(part string) (list []WidgetField) {
	for _, f := range WidgetFields {
		at := f.Part
		if f.isOnFirstPage() && o.State.Place.Level() == settings.WebsiteLevel {
			at = firstPage
		}
		if at == part && o.State.IsOwn(f.Fields...) {
			list = append(list, f)
		}
	}
	return list
}

const firstPage = "website"

// above says what a field would be if the place did not set it.
func (o Origins) above(f WidgetField) string {
	from := settings.DefaultLevel
	for _, x := range f.Fields {
		from = max(from, o.State.AboveOrigins[x])
	}
	text := strings.ToLower(o.text(from)[:1]) + o.text(from)[1:]
	if value := []rune(o.State.Above.Text(f.Fields[0])); len(value) > 60 {
		text += ": “" + string(value[:60]) + "…”"
	} else if len(value) > 0 {
		text += ": “" + string(value) + "”"
	}
	return text
}

// legend says what the boxes of fields that are set here do.
func (o Origins) legend() string {
	switch o.State.Place.Level() {
	case settings.WebsiteLevel:
		return "Set for this website. Select what to inherit again:"
	case settings.CustomerLevel:
		return "Set for this customer. Select what to inherit again:"
	}
	return "Set for the organization. Select what to reset to the default:"
}

// SettingsAddress is the page of a place's settings.
func SettingsAddress(p settings.Place) string {
	switch p.Level() {
	case settings.WebsiteLevel:
		return "/admin/websites/" + p.ID().String() + "/widget"
	case settings.CustomerLevel:
		return "/admin/customers/" + p.ID().String() + "/settings"
	}
	return "/admin/settings"
}
