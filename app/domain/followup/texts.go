package followup

import (
	"strings"
	"time"
)

// texts are what a mail says in one language. {website}, {domain}, {report}, {name} and {zone} stand for what they are called.
type texts struct {
	answerSubject, transcriptSubject string
	answer, transcript               string // the first sentence
	you, file                        string
	truncated                        string
	reply, open                      string // the link back into the chat: while the conversation goes on, and after it
	oneTime                          string
	unread                           string // nobody reads replies
	whyAnswer, whyTranscript, report string
	zone                             string
	rightToLeft                      bool
	timeLayout                       string // of a date with a time
}

// textsByLanguage are those of the widget.
var textsByLanguage = map[string]texts{
	"en": {
		answerSubject:     "Your question to {website}",
		transcriptSubject: "Your conversation with {website}",
		answer:            "{website} has replied to you in the chat.",
		transcript:        "This is your conversation with {website}.",
		you:               "You",
		file:              "File: {name}",
		truncated:         "This is the beginning of the conversation. You can find the rest in the chat.",
		reply:             "Reply in the chat",
		open:              "Open the chat",
		oneTime:           "This link is only for you. It works once and expires after 30 days.",
		unread:            "Replies to this email are not read. Please use the chat.",
		whyAnswer:         "You are receiving this email because this address was left in the chat of {website} ({domain}).",
		whyTranscript: "You are receiving this email because this address was entered in the chat of {website} ({domain}). " +
			"If it was not you, you can ignore this email.",
		report:     "To report this email, forward it to {report}.",
		zone:       "Times are in the {zone} time zone.",
		timeLayout: "2 Jan 2006, 15:04",
	},
	"de": {
		answerSubject:     "Ihre Frage an {website}",
		transcriptSubject: "Ihr Chat mit {website}",
		answer:            "{website} hat Ihnen im Chat geantwortet.",
		transcript:        "Das ist Ihr Chat mit {website}.",
		you:               "Sie",
		file:              "Datei: {name}",
		truncated:         "Das ist der Anfang des Chats. Den Rest finden Sie im Chat selbst.",
		reply:             "Im Chat antworten",
		open:              "Chat öffnen",
		oneTime:           "Dieser Link ist nur für Sie bestimmt. Er funktioniert einmal und läuft nach 30 Tagen ab.",
		unread:            "Antworten auf diese E-Mail werden nicht gelesen. Bitte nutzen Sie den Chat.",
		whyAnswer:         "Sie erhalten diese E-Mail, weil diese Adresse im Chat von {website} ({domain}) hinterlassen wurde.",
		whyTranscript: "Sie erhalten diese E-Mail, weil diese Adresse im Chat von {website} ({domain}) eingegeben " +
			"wurde. Waren Sie das nicht, brauchen Sie nichts zu tun.",
		report:     "Um diese E-Mail zu melden, leiten Sie sie an {report} weiter.",
		zone:       "Zeitangaben in der Zeitzone {zone}.",
		timeLayout: "02.01.2006, 15:04",
	},
	"fr": {
		answerSubject:     "Votre question à {website}",
		transcriptSubject: "Votre conversation avec {website}",
		answer:            "{website} vous a répondu dans le chat.",
		transcript:        "Voici votre conversation avec {website}.",
		you:               "Vous",
		file:              "Fichier : {name}",
		truncated:         "Ceci est le début de la conversation. Vous la trouverez en entier dans le chat.",
		reply:             "Répondre dans le chat",
		open:              "Ouvrir le chat",
		oneTime:           "Ce lien vous est personnel. Il fonctionne une seule fois et expire au bout de 30 jours.",
		unread:            "Les réponses à cet e-mail ne sont pas lues. Veuillez utiliser le chat.",
		whyAnswer:         "Vous recevez cet e-mail parce que cette adresse a été laissée dans le chat de {website} ({domain}).",
		whyTranscript: "Vous recevez cet e-mail parce que cette adresse a été saisie dans le chat de {website} " +
			"({domain}). Si ce n’était pas vous, vous pouvez l’ignorer.",
		report:     "Pour signaler cet e-mail, transférez-le à {report}.",
		zone:       "Heures indiquées dans le fuseau {zone}.",
		timeLayout: "02/01/2006 15:04",
	},
	"es": {
		answerSubject:     "Su pregunta a {website}",
		transcriptSubject: "Su conversación con {website}",
		answer:            "{website} le ha respondido en el chat.",
		transcript:        "Esta es su conversación con {website}.",
		you:               "Usted",
		file:              "Archivo: {name}",
		truncated:         "Este es el comienzo de la conversación. La encontrará completa en el chat.",
		reply:             "Responder en el chat",
		open:              "Abrir el chat",
		oneTime:           "Este enlace es solo para usted. Funciona una sola vez y caduca a los 30 días.",
		unread:            "Las respuestas a este correo no se leen. Utilice el chat.",
		whyAnswer:         "Recibe este correo porque se dejó esta dirección en el chat de {website} ({domain}).",
		whyTranscript: "Recibe este correo porque se introdujo esta dirección en el chat de {website} ({domain}). " +
			"Si no fue usted, puede ignorarlo.",
		report:     "Para denunciar este correo, reenvíelo a {report}.",
		zone:       "Horas en la zona horaria {zone}.",
		timeLayout: "2/1/2006, 15:04",
	},
	"nl": {
		answerSubject:     "Uw vraag aan {website}",
		transcriptSubject: "Uw gesprek met {website}",
		answer:            "{website} heeft u in de chat geantwoord.",
		transcript:        "Dit is uw gesprek met {website}.",
		you:               "U",
		file:              "Bestand: {name}",
		truncated:         "Dit is het begin van het gesprek. In de chat vindt u alles.",
		reply:             "Antwoorden in de chat",
		open:              "Chat openen",
		oneTime:           "Deze link is alleen voor u bedoeld. Hij werkt één keer en verloopt na 30 dagen.",
		unread:            "Antwoorden op deze e-mail worden niet gelezen. Gebruik de chat.",
		whyAnswer:         "U ontvangt deze e-mail omdat dit adres is achtergelaten in de chat van {website} ({domain}).",
		whyTranscript: "U ontvangt deze e-mail omdat dit adres is ingevuld in de chat van {website} ({domain}). Was " +
			"u dat niet, dan hoeft u niets te doen.",
		report:     "Om deze e-mail te melden, stuurt u hem door naar {report}.",
		zone:       "Tijden in de tijdzone {zone}.",
		timeLayout: "02-01-2006 15:04",
	},
	"pt": {
		answerSubject:     "A sua pergunta a {website}",
		transcriptSubject: "A sua conversa com {website}",
		answer:            "{website} respondeu-lhe no chat.",
		transcript:        "Esta é a sua conversa com {website}.",
		you:               "Você",
		file:              "Ficheiro: {name}",
		truncated:         "Este é o início da conversa. Encontra-a completa no chat.",
		reply:             "Responder no chat",
		open:              "Abrir o chat",
		oneTime:           "Este link destina-se apenas a si. Funciona uma só vez e expira ao fim de 30 dias.",
		unread:            "As respostas a este e-mail não são lidas. Utilize o chat.",
		whyAnswer:         "Recebe este e-mail porque este endereço foi deixado no chat de {website} ({domain}).",
		whyTranscript: "Recebe este e-mail porque este endereço foi introduzido no chat de {website} ({domain}). Se " +
			"não foi você, pode ignorá-lo.",
		report:     "Para denunciar este e-mail, reencaminhe-o para {report}.",
		zone:       "Horas no fuso horário {zone}.",
		timeLayout: "02/01/2006, 15:04",
	},
	"it": {
		answerSubject:     "La sua domanda a {website}",
		transcriptSubject: "La sua conversazione con {website}",
		answer:            "{website} le ha risposto nella chat.",
		transcript:        "Questa è la sua conversazione con {website}.",
		you:               "Lei",
		file:              "File: {name}",
		truncated:         "Questo è l’inizio della conversazione. Nella chat la trova per intero.",
		reply:             "Rispondi nella chat",
		open:              "Apri la chat",
		oneTime:           "Questo link è riservato a lei. Funziona una sola volta e scade dopo 30 giorni.",
		unread:            "Le risposte a questa e-mail non vengono lette. Usi la chat.",
		whyAnswer:         "Riceve questa e-mail perché questo indirizzo è stato lasciato nella chat di {website} ({domain}).",
		whyTranscript: "Riceve questa e-mail perché questo indirizzo è stato inserito nella chat di {website} " +
			"({domain}). Se non è stato lei, può ignorarla.",
		report:     "Per segnalare questa e-mail, la inoltri a {report}.",
		zone:       "Orari nel fuso orario {zone}.",
		timeLayout: "02/01/2006, 15:04",
	},
	"pl": {
		answerSubject:     "Twoje pytanie do {website}",
		transcriptSubject: "Twoja rozmowa z {website}",
		answer:            "Na czacie {website} jest odpowiedź dla Ciebie.",
		transcript:        "To jest Twoja rozmowa z {website}.",
		you:               "Ty",
		file:              "Plik: {name}",
		truncated:         "To początek rozmowy. Całość znajdziesz na czacie.",
		reply:             "Odpowiedz na czacie",
		open:              "Otwórz czat",
		oneTime:           "Ten link jest przeznaczony tylko dla Ciebie. Działa jeden raz i wygasa po 30 dniach.",
		unread:            "Odpowiedzi na tę wiadomość e-mail nie są czytane. Skorzystaj z czatu.",
		whyAnswer:         "Otrzymujesz tę wiadomość, ponieważ ten adres podano na czacie {website} ({domain}).",
		whyTranscript: "Otrzymujesz tę wiadomość, ponieważ ten adres wpisano na czacie {website} ({domain}). Jeśli " +
			"to nie Ty, możesz ją zignorować.",
		report:     "Aby zgłosić tę wiadomość, prześlij ją dalej na adres {report}.",
		zone:       "Godziny w strefie czasowej {zone}.",
		timeLayout: "02.01.2006, 15:04",
	},
	"tr": {
		answerSubject:     "{website} sorunuz",
		transcriptSubject: "{website} görüşmeniz",
		answer:            "{website} size sohbette yanıt verdi.",
		transcript:        "Bu, {website} ile görüşmenizdir.",
		you:               "Siz",
		file:              "Dosya: {name}",
		truncated:         "Bu, görüşmenin başlangıcıdır. Devamını sohbette bulabilirsiniz.",
		reply:             "Sohbette yanıtla",
		open:              "Sohbeti aç",
		oneTime:           "Bu bağlantı yalnızca sizin içindir. Bir kez çalışır ve 30 gün sonra geçerliliğini yitirir.",
		unread:            "Bu e-postaya verilen yanıtlar okunmaz. Lütfen sohbeti kullanın.",
		whyAnswer:         "Bu e-postayı, bu adres {website} ({domain}) sohbetinde bırakıldığı için alıyorsunuz.",
		whyTranscript: "Bu e-postayı, bu adres {website} ({domain}) sohbetinde girildiği için alıyorsunuz. Bunu siz " +
			"yapmadıysanız yok sayabilirsiniz.",
		report:     "Bu e-postayı bildirmek için {report} adresine iletin.",
		zone:       "Saatler {zone} saat dilimindedir.",
		timeLayout: "02.01.2006 15:04",
	},
	"ar": {
		answerSubject:     "سؤالك إلى {website}",
		transcriptSubject: "محادثتك مع {website}",
		answer:            "ردّ عليك فريق {website} في الدردشة.",
		transcript:        "هذه محادثتك مع {website}.",
		you:               "أنت",
		file:              "ملف: {name}",
		truncated:         "هذه بداية المحادثة. تجدها كاملة في الدردشة.",
		reply:             "الرد في الدردشة",
		open:              "فتح الدردشة",
		oneTime:           "هذا الرابط مخصص لك وحدك. يعمل مرة واحدة وتنتهي صلاحيته بعد 30 يومًا.",
		unread:            "لا تُقرأ الردود على هذه الرسالة. يُرجى استخدام الدردشة.",
		whyAnswer:         "وصلتك هذه الرسالة لأن هذا العنوان تُرك في دردشة {website} ({domain}).",
		whyTranscript: "وصلتك هذه الرسالة لأن هذا العنوان أُدخل في دردشة {website} ({domain}). إذا لم تكن أنت من " +
			"فعل ذلك فيمكنك تجاهلها.",
		report:      "للإبلاغ عن هذه الرسالة أعد توجيهها إلى {report}.",
		zone:        "الأوقات حسب المنطقة الزمنية {zone}.",
		timeLayout:  "02/01/2006، 15:04",
		rightToLeft: true,
	},
}

// Languages are the languages of mails to visitors, as the website's page offers them.
var Languages = []string{"en", "de", "fr", "es", "nl", "pt", "it", "pl", "tr", "ar"}

// pickLanguage returns which of the languages a mail is in: the first of those wished for that there is, found along its parts, so that
// de_AT is de; else English.
func pickLanguage(wished ...string) string {
	for _, w := range wished {
		for _, l := range languageChain(w) {
			if _, there := textsByLanguage[l]; there {
				return l
			}
		}
		if strings.TrimSpace(w) != "" { // the widget, too, speaks English where it does not know the language
			return "en"
		}
	}
	return "en"
}

// languageChain returns a language and what it is a part of, the nearest first: pt_BR gives pt-br and pt.
func languageChain(language string) (list []string) {
	l := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(language), "_", "-"))
	for l != "" {
		list = append(list, l)
		at := strings.LastIndexByte(l, '-')
		l = l[:max(at, 0)]
	}
	return list
}

// firstZone returns the first time zone that there is, else UTC.
func firstZone(names ...string) *time.Location {
	for _, name := range names {
		if name == "" || name == "Local" || len(name) > 64 {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// formatTime writes a time as the language does.
func formatTime(at time.Time, zone *time.Location, language string, w texts) string {
	layout := w.timeLayout
	if parts := languageChain(language); len(parts) > 0 && (parts[0] == "en-us" || parts[0] == "en-ca") {
		layout = "Jan 2, 2006, 3:04 PM"
	}
	return at.In(zone).Format(layout)
}
