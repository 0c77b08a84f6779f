package suggest_test

import (
	"testing"

	"parley/app/domain/faq/suggest"
)

func internationalEntries() []suggest.Entry {
	return []suggest.Entry{
		{ID: "parcel", Texts: []suggest.Text{
			{Language: "en", Question: "Where is my parcel?", Answer: "Follow the link."},
			{Language: "de", Question: "Wo ist mein Paket?", Answer: "Öffnen Sie den Link."},
			{Language: "fr", Question: "Où est mon colis ?", Answer: "Suivez le lien."}}},
		{ID: "return", Texts: []suggest.Text{
			{Language: "en", Question: "How do I send an article back?", Answer: "With the label."},
			{Language: "de", Question: "Wie schicke ich einen Artikel zurück?", Answer: "Mit dem Aufkleber."},
			{Language: "fr", Question: "Comment renvoyer un article ?", Answer: "Avec l'étiquette."}}},
		{ID: "pay", Texts: []suggest.Text{
			{Language: "en", Question: "How can I pay?", Answer: "By card."},
			{Language: "de-AT", Question: "Wie kann ich bezahlen?", Answer: "Mit Karte."},
			{Language: "fr", Question: "Comment puis-je payer ?", Answer: "Par carte."}}},
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	e := suggest.New(internationalEntries())
	for _, c := range []struct{ message, language, entry string }{
		{"where is the parcel please", "en", "parcel"},
		{"wo bleiben denn meine pakete", "de", "parcel"},
		{"je veux renvoyer mes articles", "fr", "return"},
		{"Ich möchte etwas zurückschicken", "de", "return"},
		{"comment payer avec ma carte", "fr", "pay"},
	} {
		if got := e.DetectLanguage(c.message); got != c.language {
			t.Errorf("%q is in %q, want %q", c.message, got, c.language)
		}
		if found := e.Suggest(suggest.Query{Text: c.message, K: 1}); found[0].Entry != c.entry {
			t.Errorf("%q: %s, want %s", c.message, found[0].Entry, c.entry)
		}
	}
	if got := e.DetectLanguage("12345 :-)"); got != "" {
		t.Errorf("a number is in %q", got)
	}
	if got := suggest.New(shopEntries()).DetectLanguage("wo ist mein paket"); got != "" {
		t.Errorf("of one language: %q", got)
	}
}

func TestOwnLanguageFirst(t *testing.T) {
	t.Parallel()
	e := suggest.New([]suggest.Entry{
		entry("german", "de", "Versand nach Wien", "Ja."),
		entry("english", "en", "Versand Wien delivery", "Yes."),
	})
	for language, want := range map[string]string{"de": "german", "en": "english"} {
		if found := e.Suggest(suggest.Query{Text: "Versand Wien", Language: language, K: 2}); found[0].Entry != want {
			t.Errorf("%s: %s first", language, found[0].Entry)
		}
	}
}

func TestScriptsWithoutSpaces(t *testing.T) {
	t.Parallel()
	e := suggest.New([]suggest.Entry{
		entry("zh", "zh", "我的包裹在哪里？", "请查看物流链接。"),
		entry("zh-pay", "zh", "可以用什么方式付款？", "银行卡。"),
		entry("ja", "ja", "荷物はどこにありますか？", "リンクをご覧ください。"),
		entry("th", "th", "พัสดุของฉันอยู่ที่ไหน", "ดูที่ลิงก์"),
		entry("ar", "ar", "أين طردي؟", "اتبع الرابط."),
		entry("ko", "ko", "제 택배는 어디에 있나요?", "링크를 확인하세요."),
		entry("ru", "ru", "Где моя посылка?", "По ссылке."),
		entry("el", "el", "Πού είναι το δέμα μου;", "Στον σύνδεσμο."),
	})
	for message, want := range map[string]string{
		"包裹还没到": "zh", "怎么付款": "zh-pay", "荷物が届きません": "ja", "พัสดุยังไม่มา": "th", "طردي لم يصل": "ar", "택배가 안 왔어요": "ko",
		"посылки нет": "ru", "το δεμα δεν ηρθε": "el",
	} {
		if found := e.Suggest(suggest.Query{Text: message, K: 1}); len(found) == 0 || found[0].Entry != want {
			t.Errorf("%q: %v, want %s", message, found, want)
		}
	}
}
