package desk

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/app/domain/conversation"
)

// browserLabel names a visitor's browser and system, from the browser's User-Agent; "" if neither is known.
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

// localTime returns a time in a time zone; false if the time zone is empty or not known.
func localTime(timeZone string, now time.Time) (time.Time, bool) {
	if timeZone == "" {
		return now, false
	}
	at, err := time.LoadLocation(timeZone)
	if err != nil {
		return now, false
	}
	return now.In(at), true
}

// cityOf returns the city that a time zone is named after: Berlin for Europe/Berlin.
func cityOf(timeZone string) string {
	return strings.ReplaceAll(timeZone[strings.LastIndexByte(timeZone, '/')+1:], "_", " ")
}

// webAddress returns an address that may be linked to; "" if it is no web address.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return u.String()
}

// shortURL returns an address without its scheme and its query.
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

// pageViewName returns the title of a page, or its address if it has none.
func pageViewName(s conversation.PageView) string {
	if s.Title != "" {
		return s.Title
	}
	return shortURL(s.URL)
}

// newestFirst returns the pages in the order in which they are read.
func newestFirst(list []conversation.PageView) []conversation.PageView {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// dataNames returns the names in alphabetical order.
func dataNames(data map[string]string) (names []string) {
	for name := range data {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
