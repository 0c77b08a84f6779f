package desk

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
)

// AsideView is what is known around a conversation.
type AsideView struct {
	Conversation conversation.Conversation
	conversation.Details
	AllTags         []conversation.Tag
	ModelConfigured bool // a language model is configured

	CanBlock, IsBlocked bool
}

// browserLabel names what a visitor uses, from what the browser says of itself.
func browserLabel(agent string) string {
	has := func(s string) bool { return strings.Contains(agent, s) }
	name, system := "", ""
	switch {
	case has("Edg/"), has("EdgA/"):
		name = "Edge"
	case has("OPR/"):
		name = "Opera"
	case has("SamsungBrowser/"):
		name = "Samsung Internet"
	case has("Firefox/"), has("FxiOS/"):
		name = "Firefox"
	case has("Chrome/"), has("CriOS/"):
		name = "Chrome"
	case has("Safari/"):
		name = "Safari"
	}
	switch {
	case has("iPhone"):
		system = "iPhone"
	case has("iPad"):
		system = "iPad"
	case has("Android"):
		system = "Android"
	case has("Windows"):
		system = "Windows"
	case has("Mac OS X"):
		system = "Mac"
	case has("CrOS"):
		system = "ChromeOS"
	case has("Linux"):
		system = "Linux"
	}
	return strings.Trim(name+" on "+system, " on")
}

// localTime is what time it is at the visitor's; empty if its zone is not known.
func localTime(timeZone string, now time.Time) string {
	if timeZone == "" {
		return ""
	}
	at, err := time.LoadLocation(timeZone)
	if err != nil {
		return ""
	}
	return now.In(at).Format("15:04, Monday") + " (" + strings.ReplaceAll(timeZone, "_", " ") + ")"
}

// webAddress is a link that may be followed; empty: it is none.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return u.String()
}

// shortURL is an address without what nobody reads.
func shortURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return s
	}
	path := strings.TrimSuffix(u.Path, "/")
	if u.RawQuery != "" {
		path += "?…"
	}
	return u.Host + path + scriptRoute(u)
}

// pageViewName is what a page is called.
func pageViewName(s conversation.PageView) string {
	if s.Title != "" {
		return s.Title
	}
	return shortURL(s.URL)
}

// newestFirst is the trail as it is read.
func newestFirst(list []conversation.PageView) []conversation.PageView {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

func dataNames(data map[string]string) (names []string) {
	for name := range data {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// EarlierConversation is another conversation of the same visitor.
type EarlierConversation struct {
	Conversation uuid.UUID
	Messages     []conversation.Message
}
