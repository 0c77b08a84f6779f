package org

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	"parley/app/platform/cache"
)

// sharedParts holds the parts of websites' settings that are equal on several of them (texts of a language, greetings, questions), once.
// Organizations copy their settings from website to website, and most keep what they were given.
type sharedParts struct {
	mu    sync.Mutex
	parts map[partKey]*sharedPart
	bytes int
}

type partKey [sha256.Size]byte

type sharedPart struct {
	value any
	refs  int
	bytes int
}

// partOverhead is what a part costs beside its value.
const partOverhead = 150

// acquirePart returns the value of a part as JSON has it, and counts one more user.
func acquirePart[V any](s *sharedParts, raw []byte, keys *[]partKey) (value V, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return value, nil
	}
	key := partKey(sha256.Sum256(fmt.Appendf(nil, "%T %s", value, raw)))
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[key]
	if p == nil {
		if err := json.Unmarshal(raw, &value); err != nil {
			return value, err
		}
		p = &sharedPart{value: value, bytes: cache.SizeOf(value) + partOverhead}
		if s.parts == nil {
			s.parts = map[partKey]*sharedPart{}
		}
		s.parts[key] = p
		s.bytes += p.bytes
	}
	p.refs++
	*keys = append(*keys, key)
	return p.value.(V), nil
}

// release counts one user less of each part.
func (s *sharedParts) release(keys []partKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		p := s.parts[key]
		if p.refs--; p.refs == 0 {
			delete(s.parts, key)
			s.bytes -= p.bytes
		}
	}
}

func (s *sharedParts) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// decodeSettings reads a website's settings, sharing what is equal with others'. The parts that it uses are added to keys, also when it
// fails.
func (s *sharedParts) decodeSettings(raw []byte, keys *[]partKey) (out Settings, err error) {
	type plain Settings
	var in struct {
		plain
		Greetings json.RawMessage            `json:"greetings"`
		Holidays  json.RawMessage            `json:"holidays"`
		Questions json.RawMessage            `json:"questions"`
		Privacy   json.RawMessage            `json:"privacy"`
		Rating    json.RawMessage            `json:"rating"`
		Mail      json.RawMessage            `json:"mail"`
		Texts     map[string]json.RawMessage `json:"texts"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return out, err
	}
	out = Settings(in.plain)
	if out.Greetings, err = acquirePart[[]Greeting](s, in.Greetings, keys); err != nil {
		return out, err
	}
	if out.Holidays, err = acquirePart[[]string](s, in.Holidays, keys); err != nil {
		return out, err
	}
	if out.Questions, err = acquirePart[[]PreChatQuestion](s, in.Questions, keys); err != nil {
		return out, err
	}
	if out.Privacy, err = acquirePart[string](s, in.Privacy, keys); err != nil {
		return out, err
	}
	if out.Rating, err = acquirePart[RatingSettings](s, in.Rating, keys); err != nil {
		return out, err
	}
	if out.Mail, err = acquirePart[MailSettings](s, in.Mail, keys); err != nil {
		return out, err
	}
	for language, texts := range in.Texts {
		own, err := acquirePart[map[string]string](s, texts, keys)
		if err != nil {
			return out, err
		}
		if out.Texts == nil {
			out.Texts = make(map[string]map[string]string, len(in.Texts))
		}
		out.Texts[language] = own
	}
	return out, nil
}
