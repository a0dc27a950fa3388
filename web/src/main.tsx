document.getElementById("app")!.textContent = "chereme";
