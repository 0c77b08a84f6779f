package compose

// phrases are the words around an entry's text in one language. They avoid addressing the visitor where the language allows
// it, since the entry beside them may be formal or familiar; and they promise nothing.
type phrases struct {
	hours       []hour // by when each begins; before the first, the last one holds
	named       string // %s is the hour's greeting, %n the name
	unnamed     string
	thanks      string // for the message
	intro       string // %a is the agent's alias
	anyOther    string // closes a short draft
	closing     string // closes a thorough draft
	also        string // before the second entry's text
	one         string // asks whether it is about %1
	two         string // asks which of %1 and %2
	several     string // stands before a list of choices
	other       string // the list's last choice
	noneOfThese string // asks for more in case it is none of these
	more        string // asks what it is about, when nothing is known
	help        string // answers a mere greeting
	open, shut  string // quotation marks
}

// hour is a greeting and the hour of the day from which it is said.
type hour struct {
	from int
	text string
}

var languages = map[string]phrases{
	"en": {
		hours:       []hour{{5, "Good morning"}, {12, "Good afternoon"}, {18, "Good evening"}, {22, "Hello"}},
		named:       "%s, %n!",
		unnamed:     "%s!",
		thanks:      "Thank you for your message.",
		intro:       "This is %a.",
		anyOther:    "Does that help?",
		closing:     "Is there anything else I can help you with?",
		also:        "This may be useful as well:",
		one:         "Is your question about %1?",
		two:         "Just to be sure I understand correctly: is your question about %1 or about %2?",
		several:     "Just to be sure I understand correctly: which of these is closest to your question?",
		other:       "Something else",
		noneOfThese: "If it is something else, please tell me in a few words what it is about.",
		more: "So that I can help you properly, could you tell me a little more? If there is an order number or " +
			"an error message, please include it.",
		help: "How can I help you?",
		open: "“",
		shut: "”",
	},
	"de": {
		hours:       []hour{{5, "Guten Morgen"}, {11, "Guten Tag"}, {18, "Guten Abend"}, {23, "Hallo"}},
		named:       "%s, %n!",
		unnamed:     "%s!",
		thanks:      "Vielen Dank für die Nachricht.",
		intro:       "Mein Name ist %a.",
		anyOther:    "Hilft das weiter?",
		closing:     "Kann ich sonst noch etwas klären?",
		also:        "Vielleicht ist auch das hilfreich:",
		one:         "Geht es um die Frage %1?",
		two:         "Damit ich richtig antworte: Geht es um die Frage %1 oder eher um %2?",
		several:     "Damit ich richtig antworte: Was davon trifft es am besten?",
		other:       "Etwas anderes",
		noneOfThese: "Falls nicht: Worum geht es, in ein paar Worten?",
		more: "Damit ich gut weiterhelfen kann: Worum geht es genau? Falls es eine Bestellnummer oder eine " +
			"Fehlermeldung gibt, bitte einfach mitschicken.",
		help: "Wie kann ich weiterhelfen?",
		open: "„",
		shut: "“",
	},
	"fr": {
		hours:       []hour{{5, "Bonjour"}, {18, "Bonsoir"}},
		named:       "%s %n,",
		unnamed:     "%s,",
		thanks:      "Merci pour votre message.",
		intro:       "Je suis %a.",
		anyOther:    "Est-ce que cela répond à votre question\u00a0?",
		closing:     "Puis-je vous aider pour autre chose\u00a0?",
		also:        "Ceci peut également vous être utile\u00a0:",
		one:         "Votre question est-elle bien\u00a0: %1\u00a0?",
		two:         "Afin de bien vous répondre\u00a0: votre question est-elle plutôt %1 ou %2\u00a0?",
		several:     "Afin de bien vous répondre, laquelle de ces questions se rapproche le plus de la vôtre\u00a0?",
		other:       "Autre chose",
		noneOfThese: "S’il s’agit d’autre chose, pourriez-vous me dire en quelques mots de quoi il est question\u00a0?",
		more: "Afin de bien vous aider, pourriez-vous me donner un peu plus de détails\u00a0? S’il y a un numéro " +
			"de commande ou un message d’erreur, n’hésitez pas à l’indiquer.",
		help: "Comment puis-je vous aider\u00a0?",
		open: "«\u00a0",
		shut: "\u00a0»",
	},
	"es": {
		hours:       []hour{{5, "Buenos días"}, {14, "Buenas tardes"}, {20, "Buenas noches"}},
		named:       "¡%s, %n!",
		unnamed:     "¡%s!",
		thanks:      "Gracias por su mensaje.",
		intro:       "Soy %a.",
		anyOther:    "¿Le sirve esta información?",
		closing:     "¿Hay algo más en lo que pueda ayudarle?",
		also:        "Quizá también le resulte útil:",
		one:         "¿Su consulta es %1?",
		two:         "Para asegurarme de entenderle bien: ¿su consulta es %1 o más bien %2?",
		several:     "Para asegurarme de entenderle bien, ¿cuál de estas preguntas se acerca más a la suya?",
		other:       "Otra cosa",
		noneOfThese: "Si se trata de otra cosa, ¿podría decirme en pocas palabras de qué se trata?",
		more: "Para poder ayudarle bien, ¿podría darme algún detalle más? Si hay un número de pedido o un " +
			"mensaje de error, indíquelo, por favor.",
		help: "¿En qué puedo ayudarle?",
		open: "«",
		shut: "»",
	},
	"nl": {
		hours:       []hour{{5, "Goedemorgen"}, {12, "Goedemiddag"}, {18, "Goedenavond"}, {23, "Hallo"}},
		named:       "%s %n!",
		unnamed:     "%s!",
		thanks:      "Bedankt voor uw bericht.",
		intro:       "U spreekt met %a.",
		anyOther:    "Is uw vraag hiermee beantwoord?",
		closing:     "Kan ik u verder nog ergens mee helpen?",
		also:        "Misschien is dit ook nuttig:",
		one:         "Gaat het om de vraag %1?",
		two:         "Even voor de zekerheid: gaat het om de vraag %1 of eerder om %2?",
		several:     "Even voor de zekerheid: welke van deze vragen komt het dichtst in de buurt?",
		other:       "Iets anders",
		noneOfThese: "Gaat het om iets anders, kunt u dan in een paar woorden zeggen waarover?",
		more: "Om u goed te kunnen helpen: kunt u iets meer vertellen? Is er een bestelnummer of een " +
			"foutmelding, stuur die dan gerust mee.",
		help: "Waarmee kan ik u helpen?",
		open: "‘",
		shut: "’",
	},
	"pt": {
		hours:       []hour{{5, "Bom dia"}, {12, "Boa tarde"}, {19, "Boa noite"}},
		named:       "%s, %n!",
		unnamed:     "%s!",
		thanks:      "Agradeço a sua mensagem.",
		intro:       "O meu nome é %a.",
		anyOther:    "Ficou alguma dúvida?",
		closing:     "Posso ajudar em mais alguma coisa?",
		also:        "Talvez isto também seja útil:",
		one:         "A sua pergunta é %1?",
		two:         "Só para ter a certeza de que entendi: a sua pergunta é %1 ou %2?",
		several:     "Só para ter a certeza de que entendi: qual destas perguntas é a mais próxima da sua?",
		other:       "Outro assunto",
		noneOfThese: "Se for outro assunto, pode dizer em poucas palavras do que se trata?",
		more: "Para poder ajudar da melhor forma, pode dar mais alguns detalhes? Se houver um número de pedido " +
			"ou uma mensagem de erro, por favor inclua.",
		help: "Como posso ajudar?",
		open: "“",
		shut: "”",
	},
	"it": {
		hours:       []hour{{5, "Buongiorno"}, {17, "Buonasera"}},
		named:       "%s, %n!",
		unnamed:     "%s!",
		thanks:      "Grazie per il messaggio.",
		intro:       "Sono %a.",
		anyOther:    "È tutto chiaro?",
		closing:     "Posso esserLe utile in altro?",
		also:        "Forse può essere utile anche questo:",
		one:         "La domanda è %1?",
		two:         "Per essere sicuri di esserci capiti: la domanda è %1 oppure %2?",
		several:     "Per essere sicuri di esserci capiti: quale di queste domande si avvicina di più alla Sua?",
		other:       "Altro",
		noneOfThese: "Se si tratta di altro, potrebbe dirmi in poche parole di che cosa?",
		more: "Per poterLa aiutare al meglio, potrebbe darmi qualche dettaglio in più? Se c’è un numero d’ordine " +
			"o un messaggio di errore, lo indichi pure.",
		help: "Come posso aiutarLa?",
		open: "«",
		shut: "»",
	},
	"pl": { // a name would have to be declined, and with Pan or Pani before it: better none than a wrong one
		hours: []hour{{5, "Dzień dobry"}, {18, "Dobry wieczór"}},
		named: "%s!", unnamed: "%s!", thanks: "Dziękuję za wiadomość.", intro: "Z tej strony %a.",
		anyOther: "Czy to rozwiązuje sprawę?", closing: "Czy mogę jeszcze w czymś pomóc?",
		also: "Przydatna może być także ta informacja:",
		one:  "Czy chodzi o pytanie %1?", two: "Dla pewności: czy chodzi o pytanie %1, czy raczej %2?",
		several: "Dla pewności: które z tych pytań jest najbliższe?", other: "Coś innego",
		noneOfThese: "Jeśli chodzi o coś innego, proszę o kilka słów wyjaśnienia.",
		more: "Aby móc dobrze pomóc, proszę o kilka szczegółów: czego dokładnie dotyczy sprawa? Jeśli jest numer " +
			"zamówienia lub komunikat o błędzie, proszę go podać.",
		help: "W czym mogę pomóc?", open: "„", shut: "”",
	},
	"tr": {
		hours:       []hour{{5, "Günaydın"}, {11, "İyi günler"}, {18, "İyi akşamlar"}, {23, "Merhaba"}},
		named:       "%s %n,",
		unnamed:     "%s,",
		thanks:      "Mesajınız için teşekkür ederiz.",
		intro:       "Ben %a.",
		anyOther:    "Bu bilgi yardımcı oldu mu?",
		closing:     "Yardımcı olabileceğim başka bir konu var mı?",
		also:        "Şu bilgi de işinize yarayabilir:",
		one:         "Sorunuz %1 ile mi ilgili?",
		two:         "Doğru anladığımdan emin olmak isterim: sorunuz %1 ile mi, yoksa %2 ile mi ilgili?",
		several:     "Doğru anladığımdan emin olmak isterim: sorunuz bunlardan hangisine en yakın?",
		other:       "Başka bir konu",
		noneOfThese: "Başka bir konuysa, birkaç kelimeyle ne hakkında olduğunu yazar mısınız?",
		more: "Size doğru şekilde yardımcı olabilmem için biraz daha ayrıntı verebilir misiniz? Bir sipariş " +
			"numarası veya hata mesajı varsa lütfen onu da ekleyin.",
		help: "Size nasıl yardımcı olabilirim?",
		open: "“",
		shut: "”",
	},
	"ar": {
		hours: []hour{{5, "صباح الخير"}, {12, "مساء الخير"}},
		named: "%s %n،", unnamed: "%s،", thanks: "شكرًا لتواصلكم معنا.", intro: "معكم %a.",
		anyOther: "هل هذا واضح؟", closing: "هل هناك أي شيء آخر يمكنني المساعدة فيه؟",
		also: "قد يفيدكم هذا أيضًا:",
		one:  "هل سؤالكم هو %1؟", two: "للتأكد من فهمي الصحيح: هل سؤالكم هو %1 أم %2؟",
		several: "للتأكد من فهمي الصحيح: أيّ من هذه الأسئلة أقرب إلى سؤالكم؟", other: "موضوع آخر",
		noneOfThese: "إذا كان الموضوع مختلفًا، فيرجى توضيحه في بضع كلمات.",
		more:        "حتى أتمكن من المساعدة بشكل أفضل، هل يمكنكم تزويدي بمزيد من التفاصيل؟ إن كان هناك رقم طلب أو رسالة خطأ، فيرجى ذكره.",
		help:        "كيف يمكنني مساعدتكم؟", open: "«", shut: "»",
	},
}

// greetingAt returns the greeting for an hour of the day.
func (p phrases) greetingAt(h int) string {
	text := p.hours[len(p.hours)-1].text
	for _, g := range p.hours {
		if h >= g.from {
			text = g.text
		}
	}
	return text
}
