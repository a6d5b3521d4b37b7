# ALF Lab in a container; docs/deploy.md says how to run it.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ALFLAB_HOME=/home/alflab/data

RUN useradd --create-home --uid 10001 alflab
WORKDIR /app

# The default wheel of torch carries CUDA libraries of several gigabytes. An index of CPU builds, as
# PyTorch's installation page names it, makes a small image:
#   docker build --build-arg TORCH_INDEX=ADDRESS .
# The build of torch that is installed first is kept.
ARG TORCH_INDEX=""
COPY requirements.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --no-cache-dir --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements.txt)"; \
    fi \
    && pip install --no-cache-dir -r requirements.txt

COPY .streamlit ./.streamlit
COPY assets ./assets
COPY alfs_core ./alfs_core
COPY pages ./pages
COPY app.py LICENSE ./

USER alflab
RUN mkdir -p "$ALFLAB_HOME"
VOLUME ["/home/alflab/data"]
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
