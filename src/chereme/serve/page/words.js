// Every text of the page, in English and Portuguese; {name} stands for a value.

const TEXTS = {
  en: {
    skip: "To the video",
    here: "On this machine only",
    language: "Language",
    stage: "Video",
    answer: "Answer",
    title: "Show a sign, see the word",
    lead: "Drop a video of one sign here, or",
    leadTouch: "A video of one sign, or your camera",
    choose: "Choose a video",
    camera: "Use the camera",
    sample: "Try a sample",
    nextSample: "Next sample",
    mirrored: "My video is mirrored, as selfie cameras store it",
    preview: "Camera preview",
    previewNote: "You see a mirror; the recording is not mirrored.",
    record: "Record a sign",
    stop: "Stop",
    leave: "Close the camera",
    film: "Your clip",
    drawn: "A drawn figure, not a person",
    play: "Play or pause",
    seek: "Place in the clip",
    slow: "½ speed",
    bones: "Skeleton",
    howTitle: "What works best",
    tip1: "One word at a time, from resting hands to resting hands: two or three seconds.",
    tip2: "One person, in view from head to hips, hands inside the picture.",
    tip3: "Light from the front, a plain background, a camera that stands still.",
    cameraTitle: "Ready when you are",
    camera1: "Step back until the frame shows you from head to hips.",
    camera2: "Press record, wait for the countdown, make one sign.",
    camera3: "Lower your hands and press stop. Nothing is looked at before that.",
    working: "Looking at your sign",
    workingNote: "Every frame is searched for body and hands, here on this machine.",
    cancel: "Cancel",
    recording: "Recording {time} s",
    ranked: "Words, the most probable first",
    looksLike: "This looks like",
    unknown: "No word stands out",
    unknownKicker: "Unknown",
    sure: "{percent} probable, if it is one of the {count} words it knows.",
    unsure: "{percent} probable, if it is one of the {count} words it knows: see the others, too.",
    unknownNote: "What was shown is probably none of the {count} words it knows. Closest to it:",
    stillNote: "A still picture shows no movement, so this is little more than a guess.",
    sampleNote: "The drawn figure signed “{gloss}”.",
    saidWord: "{word}, {percent}",
    saidUnknown: "No word stands out. Closest: {word}, {percent}",
    try: "Some of the words it knows",
    seen: ["Left hand seen in {share} of the clip", "Right hand seen in {share}"],
    stillSeen: ["Left hand seen", "Right hand seen"],
    stillUnseen: ["Left hand not seen", "Right hand not seen"],
    times: "Time it took",
    decode: "Reading the video",
    extract: "Finding body and hands",
    extractPose: "Reading the landmarks",
    recognize: "Naming the word",
    rest: "Sending and waiting",
    total: "Altogether",
    again: "Another clip",
    retake: "Record again",
    sorry: "That did not work",
    exactly: "What exactly was wrong",
    retry: "Try another clip",
    known: "The {count} words it knows",
    about: "{language}. In tests: {scores}",
    aboutNoScores: "{language}.",
    score: "{percent} of {n} clips it had never seen got the right word first",
    limits: "Its limits, from its card",
    privacyTitle: "Nothing leaves this machine.",
    privacy:
      "The clip goes from this page to the program that runs here, and is deleted as soon as it has been looked at.",
    useTitle: "No interpreter.",
    useResearch: "It knows {count} words, signed one at a time; for research and demonstration only.",
    useOpen: "It knows {count} words, signed one at a time, and nothing else.",
    useNothing: "It knows a few words, signed one at a time; for research and demonstration only.",
    wrong: {
      empty: ["The file is empty", "Choose it again; perhaps it had not been saved yet."],
      form: ["The clip did not arrive whole", "Try again."],
      damaged: ["This file cannot be played", "Is it a video, and whole? Converting it to MP4 (H.264) often helps."],
      slow_upload: ["The clip took too long to arrive", "Try again, or take a shorter one."],
      too_large: ["This clip is too large", "One word takes two or three seconds: cut the clip, or scale it down. At most {megabytes} MB and {megapixels} megapixels are taken."],
      too_long: ["This clip is too long", "Cut it to the one word: that takes two or three seconds. At most {seconds} are taken."],
      unknown_type: ["This is no kind of file I know", "Send a video (MP4, WebM, MOV), a picture (JPEG, PNG) or a .pose file."],
      nobody: ["I see nobody in it", "Show one person, from head to hips, in good light."],
      no_hand: ["I see no hands in it", "Keep at least one hand inside the picture while you sign, in good light."],
      landmarks_missing: ["These landmarks do not suit", "Extract the file again from its video, with the default layout."],
      busy: ["Too many clips at once", "Wait a few seconds, then try again."],
      no_bundle: ["There is no recognizer here", "Name a bundle when you start it: chereme serve --bundle FOLDER"],
      offline: ["The program does not answer", "Is “chereme serve” still running? Start it again and reload this page."],
      no_camera: ["The camera cannot be used", "Is one plugged in, and free? Allow this page to use it; elsewhere than on this machine the page needs https."],
      no_recorder: ["This browser cannot record", "Use another browser, or record with a phone and choose the file."],
      too_short: ["The recording was too short", "Record again, and press stop once your hands are down."],
      internal: ["Something broke", "That is a fault of ours. The window in which chereme runs says more."],
    },
  },
  pt: {
    skip: "Ir para o vídeo",
    here: "Só nesta máquina",
    language: "Idioma",
    stage: "Vídeo",
    answer: "Resposta",
    title: "Mostre um sinal, veja a palavra",
    lead: "Solte aqui o vídeo de um sinal, ou",
    leadTouch: "O vídeo de um sinal, ou a sua câmera",
    choose: "Escolher um vídeo",
    camera: "Usar a câmera",
    sample: "Ver um exemplo",
    nextSample: "Próximo exemplo",
    mirrored: "Meu vídeo é espelhado, como gravam as câmeras de selfie",
    preview: "Imagem da câmera",
    previewNote: "Você se vê no espelho; a gravação não é espelhada.",
    record: "Gravar um sinal",
    stop: "Parar",
    leave: "Fechar a câmera",
    film: "O seu vídeo",
    drawn: "Figura desenhada, não é uma pessoa",
    play: "Tocar ou pausar",
    seek: "Posição no vídeo",
    slow: "½ velocidade",
    bones: "Esqueleto",
    howTitle: "O que funciona melhor",
    tip1: "Uma palavra por vez, das mãos em repouso às mãos em repouso: dois ou três segundos.",
    tip2: "Uma só pessoa, visível da cabeça aos quadris, com as mãos dentro da imagem.",
    tip3: "Luz de frente, fundo liso, câmera parada.",
    cameraTitle: "Quando quiser",
    camera1: "Afaste-se até aparecer da cabeça aos quadris.",
    camera2: "Aperte gravar, espere a contagem, faça um sinal.",
    camera3: "Abaixe as mãos e aperte parar. Nada é analisado antes disso.",
    working: "Olhando o seu sinal",
    workingNote: "Cada quadro é examinado à procura de corpo e mãos, aqui nesta máquina.",
    cancel: "Cancelar",
    recording: "Gravando {time} s",
    ranked: "Palavras, da mais provável à menos provável",
    looksLike: "Parece",
    unknown: "Nenhuma palavra se destaca",
    unknownKicker: "Desconhecido",
    sure: "{percent} de probabilidade, se for uma das {count} palavras que conhece.",
    unsure: "{percent} de probabilidade, se for uma das {count} palavras que conhece: veja também as outras.",
    unknownNote: "Provavelmente não é nenhuma das {count} palavras que conhece. As mais próximas:",
    stillNote: "Uma imagem parada não mostra o movimento: é pouco mais que um palpite.",
    sampleNote: "A figura desenhada sinalizou “{gloss}”.",
    saidWord: "{word}, {percent}",
    saidUnknown: "Nenhuma palavra se destaca. A mais próxima: {word}, {percent}",
    try: "Algumas das palavras que conhece",
    seen: ["Mão esquerda vista em {share} do vídeo", "Mão direita vista em {share}"],
    stillSeen: ["Mão esquerda vista", "Mão direita vista"],
    stillUnseen: ["Mão esquerda não vista", "Mão direita não vista"],
    times: "Tempo que levou",
    decode: "Ler o vídeo",
    extract: "Achar corpo e mãos",
    extractPose: "Ler os pontos",
    recognize: "Dar a palavra",
    rest: "Enviar e esperar",
    total: "Ao todo",
    again: "Outro vídeo",
    retake: "Gravar de novo",
    sorry: "Não deu certo",
    exactly: "O que exatamente houve",
    retry: "Tentar outro vídeo",
    known: "As {count} palavras que conhece",
    about: "{language}. Em testes: {scores}",
    aboutNoScores: "{language}.",
    score: "{percent} de {n} vídeos que nunca tinha visto receberam primeiro a palavra certa",
    limits: "Seus limites, segundo a sua ficha",
    privacyTitle: "Nada sai desta máquina.",
    privacy: "O vídeo vai desta página ao programa que roda aqui, e é apagado assim que foi analisado.",
    useTitle: "Não é intérprete.",
    useResearch: "Conhece {count} palavras, sinalizadas uma por vez; só para pesquisa e demonstração.",
    useOpen: "Conhece {count} palavras, sinalizadas uma por vez, e nada mais.",
    useNothing: "Conhece algumas palavras, sinalizadas uma por vez; só para pesquisa e demonstração.",
    wrong: {
      empty: ["O arquivo está vazio", "Escolha-o de novo; talvez ainda não estivesse salvo."],
      form: ["O vídeo não chegou inteiro", "Tente de novo."],
      damaged: ["Este arquivo não pode ser lido", "É um vídeo, e está inteiro? Converter para MP4 (H.264) costuma ajudar."],
      slow_upload: ["O vídeo demorou demais a chegar", "Tente de novo, ou use um mais curto."],
      too_large: ["Este vídeo é grande demais", "Uma palavra leva dois ou três segundos: corte o vídeo, ou diminua a imagem. O máximo é {megabytes} MB e {megapixels} megapixels."],
      too_long: ["Este vídeo é longo demais", "Corte até ficar só a palavra: dois ou três segundos. O máximo são {seconds}."],
      unknown_type: ["Não conheço este tipo de arquivo", "Envie um vídeo (MP4, WebM, MOV), uma imagem (JPEG, PNG) ou um arquivo .pose."],
      nobody: ["Não vejo ninguém", "Mostre uma pessoa, da cabeça aos quadris, com boa luz."],
      no_hand: ["Não vejo as mãos", "Mantenha ao menos uma mão dentro da imagem ao sinalizar, com boa luz."],
      landmarks_missing: ["Estes pontos não servem", "Extraia o arquivo de novo a partir do vídeo, com o layout padrão."],
      busy: ["Vídeos demais ao mesmo tempo", "Espere alguns segundos e tente de novo."],
      no_bundle: ["Não há reconhecedor aqui", "Indique um ao iniciar: chereme serve --bundle PASTA"],
      offline: ["O programa não responde", "O “chereme serve” ainda está rodando? Inicie-o de novo e recarregue a página."],
      no_camera: ["A câmera não pode ser usada", "Há uma conectada e livre? Permita que a página a use; fora desta máquina a página precisa de https."],
      no_recorder: ["Este navegador não grava", "Use outro navegador, ou grave com o celular e escolha o arquivo."],
      too_short: ["A gravação foi curta demais", "Grave de novo, e aperte parar quando abaixar as mãos."],
      internal: ["Algo quebrou", "É um erro nosso. A janela em que o chereme roda diz mais."],
    },
  },
};

const SIGNED = {
  en: { ins: "Indian Sign Language", bzs: "Libras (Brazilian Sign Language)", ase: "American Sign Language" },
  pt: { ins: "Língua de sinais indiana", bzs: "Libras", ase: "Língua de sinais americana (ASL)" },
};

export let language = navigator.languages.some((l) => l.startsWith("pt")) && !navigator.language.startsWith("en") ? "pt" : "en";

export function text(key, values = {}) {
  return fill(TEXTS[language][key], values);
}

/** What is said of the left and of the right hand. */
export function hands(key, shares) {
  return TEXTS[language][key].map((line, i) => fill(line, { share: percent(shares[i]) }));
}

/** What is wrong and what to do about it, for a code of the API or of this page. */
export function wrong(code, values = {}) {
  const known = TEXTS[language].wrong;
  return (known[code] ?? known.internal).map((line) => fill(line, values));
}

export function signedLanguage(code) {
  return SIGNED[language][code] ?? code;
}

export function number(value, digits) {
  return value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function percent(value) {
  if (value > 0.99 && value < 1) return ">\u00a099\u00a0%";
  return value > 0 && value < 0.01 ? "<\u00a01\u00a0%" : `${Math.round(100 * value)}\u00a0%`;
}

export function speak(chosen) {
  language = chosen;
  document.documentElement.lang = chosen === "pt" ? "pt-BR" : "en";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = text(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", text(node.dataset.tLabel));
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
  }
}

function fill(line, values) {
  return line.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
