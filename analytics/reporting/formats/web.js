/* Sorting and filtering of tables, values of the chart under the pointer. The page reads the same without it. */
(function () {
  "use strict";
  var number = function (text) {
    text = text.replace(/[\u0660-\u0669]/g, function (digit) { return digit.charCodeAt(0) - 0x660; }).replace(/\u066b/g, ".");
    var found = text.replace(/[\s,\u066c]/g, "").match(/^[^\d\-−.]*([\-−]?\d*\.?\d+)/);
    return found ? parseFloat(found[1].replace("−", "-")) : NaN;
  };
  var cell = function (row, at) { return row.cells[at] ? row.cells[at].textContent.trim() : ""; };
  document.querySelectorAll("table.sorts").forEach(function (table) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    var heads = table.tHead.rows[table.tHead.rows.length - 1].cells;
    Array.prototype.forEach.call(heads, function (head, at) {
      if (!head.textContent.trim()) { return; }
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        Array.prototype.forEach.call(heads, function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var numeric = head.classList.contains("r");
        rows.slice().sort(function (a, b) {
          var x = cell(a, at), y = cell(b, at), order;
          if (numeric) {
            var m = number(x), n = number(y);
            if (isNaN(m) || isNaN(n)) { return isNaN(m) - isNaN(n); }
            order = m - n;
          } else { order = x.localeCompare(y); }
          return (up ? 1 : -1) * order || rows.indexOf(a) - rows.indexOf(b);
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
    if (rows.length < 12) { return; }
    var label = document.createElement("label"), input = document.createElement("input");
    label.className = "filter";
    input.type = "search";
    label.appendChild(document.createTextNode((document.documentElement.getAttribute("data-filter") || "Show only rows with") + " "));
    label.appendChild(input);
    input.addEventListener("input", function () {
      var wanted = input.value.trim().toLocaleLowerCase();
      rows.forEach(function (row) { row.hidden = row.textContent.toLocaleLowerCase().indexOf(wanted) < 0; });
    });
    var place = table.closest(".scroll") || table;
    place.parentNode.insertBefore(label, place);
  });
  document.querySelectorAll("svg.chart").forEach(function (chart) {
    var out = document.getElementById(chart.getAttribute("data-readout"));
    var slots = chart.querySelectorAll("g.week"), on = null, at = slots.length - 1;
    var show = function (slot) {
      if (on) { on.classList.remove("on"); }
      on = slot;
      on.classList.add("on");
      out.textContent = slot.querySelector("title").textContent;
    };
    Array.prototype.forEach.call(slots, function (slot, i) {
      slot.addEventListener("pointerenter", function () { at = i; show(slot); });
    });
    chart.setAttribute("tabindex", "0");
    chart.addEventListener("keydown", function (event) {
      var step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || !slots.length) { return; }
      event.preventDefault();
      at = Math.min(Math.max(at + step, 0), slots.length - 1);
      show(slots[at]);
    });
  });
})();
