package compose

// Greeting returns the words of a language for an hour of the day (0 to 23), as in Good morning; English ones where we know none.
func Greeting(language string, hour int) string {
	p, known := languages[primaryLanguage(language)]
	if !known {
		p = languages["en"]
	}
	return p.greetingAt(hour)
}
