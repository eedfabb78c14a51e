// The chart library: large, and so only fetched when there is something to draw.

let loading = null;

export function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "assets/plotly.min.js";
    const release = withoutStyles(document.head);
    script.onload = () => {
      release();
      resolve(window.Plotly);
    };
    script.onerror = () => {
      release();
      script.remove();
      loading = null;
      reject(new Error("the chart library cannot be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

// A part of the library that is not used here, maps, adds a style as soon as it is loaded. The
// page's policy refuses it, rightly and loudly: it never gets that far.
function withoutStyles(head) {
  head.appendChild = (node) => {
    return node.nodeName === "STYLE" && node.textContent !== "" ? node : Node.prototype.appendChild.call(head, node);
  };
  return () => delete head.appendChild;
}
